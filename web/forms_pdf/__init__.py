"""Forms as PDF: typst templates, which get a form's value as JSON and never as markup."""
