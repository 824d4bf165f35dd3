"""A docstring or a comment in the project's own style, and what of the old one is not so.

What there is to document is read from the code, the model only words it. The edit replaces the
docstring or comment and nothing else, which is checked token by token.
"""

from __future__ import annotations

import asyncio

from assistant.commands.documenting import commented, comments, python
from assistant.commands.protocol import Answer, Job, Place
from assistant.errors import UsageError
from assistant.syntax import of_document


class Document:
    name = "document"
    title = "Document this"
    kind = "refactor.rewrite"

    def offers(self, place: Place) -> bool:
        document = place.document
        language = of_document(document.path, document.text, document.language)
        known = language is not None and (
            language.name == "python" or language.name in comments.DEFAULTS
        )
        return known and bool(document.text.strip())

    async def run(self, job: Job) -> Answer:
        document = job.place.document
        language = of_document(document.path, document.text, document.language)
        if not document.text.strip():
            raise UsageError(f"{job.place.shown_path} is empty: there is nothing to document")
        if language is None:
            raise UsageError(
                f"the language of {job.place.shown_path} is not known: rename the file to its own"
            )
        if language.name == "python":
            return await python.document(job)
        if language.name not in comments.DEFAULTS:
            raise UsageError(f"{language.name} has no functions or classes to document")
        found = await asyncio.to_thread(
            comments.comment_at, document.text, job.place.start, language
        )
        if found is None:
            raise UsageError("no function or class stands there: put the cursor on one")
        return await commented.document(job, found, language)


COMMAND = Document()
