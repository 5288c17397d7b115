"""Takes the pictures of README: a small nation, served, and its pages in Chromium.

`python docs/pictures.py` writes docs/pictures/*.png; the same nation is in them each time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from jinbao.cli.nation.demo_pages import demo_pages
from jinbao.simulator.nation import Nation

FOLDER = Path(__file__).parent / "pictures"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SEED, TRANSFERS, DAYS, WORKED = 7, 600, 60, 45
MOST_BYTES = 150_000
PICTURES = {
    "overview-zh": ("ministry", "/overview?lang=zh&theme=light"),
    "overview-en": ("ministry", "/overview?lang=en&theme=light"),
    "desk-zh": ("clerk44", "/desk?lang=zh&theme=light"),
    "desk-en": ("clerk44", "/desk?lang=en&theme=light"),
}
"""Name of the file: who looks at which page."""


def take(nation: Path) -> None:
    """Take every picture of the nation in the folder."""
    with demo_pages(nation, None, 0) as served, sync_playwright() as playwright:
        served.ready.wait()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, (user, path) in PICTURES.items():
            page = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce").new_page()
            page.goto(f"{served.address}{path}")
            page.fill("#name", user)
            page.fill("#password", served.password)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{served.address}{path.split('?')[0]}*")
            file = FOLDER / f"{name}.png"
            page.screenshot(path=file)
            size = file.stat().st_size
            assert size <= MOST_BYTES, f"{file}: {size} bytes, more than {MOST_BYTES}"
            sys.stdout.write(f"{file}: {size} bytes\n")
        browser.close()


def main() -> None:
    """Make the nation and take its pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "nation"
        with Nation.begin(place, seed=SEED, transfers=TRANSFERS, days=DAYS) as nation:
            while nation.run.day < WORKED:
                nation.run_day()
        take(place)


if __name__ == "__main__":
    main()
