"""What a batch of documents or messages will ask of the key ring, told beforehand: a service is asked once for many.

A ring that is a file listens to none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from jinbao.keys.key_ring import KeyRing, KeyWanted, PersonWanted, SealWanted
from jinbao.language.words import BilingualError
from jinbao.regional_adapter.exchange.mapping import FormMapping, draft_of
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.schemas.codec import Undecodable, decode
from jinbao.schemas.messages import IdentityCorrected


def prepare_documents(
    ring: KeyRing, province: str, documents: Sequence[LocalDocument], mappings: Sequence[FormMapping]
) -> None:
    """Ids and seals of the documents' messages. Raises nothing for one of them."""
    ring.prepare(people=(person for document in documents for person in _people_of(document)))
    ring.prepare(seals=_seals_of(ring, province, documents, mappings))


def prepare_messages(ring: KeyRing, messages: Iterable[bytes]) -> None:
    """The keys that open these messages. Raises nothing for one of them."""
    ring.prepare(keys=_keys_of(messages))


def _people_of(document: LocalDocument) -> Iterator[PersonWanted]:
    """Whose relationship ids the document's message needs."""
    numbers = {document.person, document.corrected}
    personal = document.fields.get("personal") if document.kind == IdentityCorrected.NAME else None
    if isinstance(personal, Mapping):
        numbers.add(str(personal.get("number", "")))
    for number in numbers:
        if number:
            yield PersonWanted(number, document.scheme, document.kind)


def _seals_of(
    ring: KeyRing, province: str, documents: Sequence[LocalDocument], mappings: Sequence[FormMapping]
) -> Iterator[SealWanted]:
    """What is sealed for them; of one that is no message, or must wait, is told where it is mapped."""
    for document in documents:
        try:
            draft = draft_of(document, province, ring, mappings)
        except (BilingualError, ValueError):
            continue
        if draft.personal is not None:
            yield SealWanted(draft.relationship, draft.name, draft.content, draft.encoded)


def _keys_of(messages: Iterable[bytes]) -> Iterator[KeyWanted]:
    """The keys that they need; what cannot be read needs none."""
    for data in messages:
        try:
            message = decode(data)
        except Undecodable:
            continue
        sealed = getattr(message, "personal", None)
        if sealed is not None:
            yield KeyWanted(sealed.key_id, type(message).__name__)
