"""How an instruct model is asked for a function: the words of EvalPlus.

Liu et al. 2023 (arXiv 2305.01210): ``evalplus/codegen.py`` has the two sentences,
``evalplus/provider/utility.py`` how they become a conversation. The answer is begun for the
model, up to the opened code block, so that it says nothing else first.
"""

from __future__ import annotations

from eval.extraction import after_opening, in_block, sanitize
from eval.types import Answer, ChatAsk, CommandAsk, Message, Sample

MAX_TOKENS = 512
STOP = ("\n```\n", "\nif __name__", "\ndef main(", "\nprint(")
"""Where an answer that was begun has ended, as EvalPlus has it."""
ARMS = {
    "prefixed": "EvalPlus's question, with the answer begun up to its code block",
    "plain": "the same question, the answer left to the model",
}
COMMAND = {"command": "the product's own command, with what it tries before it answers"}
INSTRUCTION = (
    "Please provide a self-contained Python script that solves the following problem in a "
    "markdown code block:"
)
RESPONSE = (
    "Below is a Python script with a self-contained function that solves the problem and "
    "passes corresponding tests:"
)


def instruct(problem: str, arm: str) -> ChatAsk:
    """The question for ``problem``, in one of :data:`ARMS`."""
    question = Message("user", f"{INSTRUCTION}\n```\n{problem.strip()}\n```\n")
    begun = Message("assistant", f"{RESPONSE}\n```python\n")
    if arm == "prefixed":
        return ChatAsk((question, begun), MAX_TOKENS, STOP)
    return ChatAsk((question,), MAX_TOKENS)


def answered(sample: Sample, answer: Answer, entry: str) -> str:
    """The program in the answer to a question of :func:`instruct`."""
    if isinstance(sample.ask, CommandAsk):
        return answer.text
    assert isinstance(sample.ask, ChatAsk)
    begun = sample.ask.messages[-1].role == "assistant"
    code = after_opening(answer.text) if begun else in_block(answer.text, entry)
    return sanitize(code, entry)
