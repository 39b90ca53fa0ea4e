"""The sentences of libyaml, the YAML parser, as messages: it knows English only.

Source: scanner.c and parser.c of libyaml 0.2. A sentence that is not listed stays as it is.
"""

from __future__ import annotations

from hopthu.i18n.message import Message

_SENTENCES = (
    Message("block sequence entries are not allowed in this context"),
    Message("but found another document"),
    Message("control characters are not allowed"),
    Message("could not find expected ':'"),
    Message("did not find expected '-' indicator"),
    Message("did not find expected ',' or ']'"),
    Message("did not find expected <document start>"),
    Message("did not find expected alphabetic or numeric character"),
    Message("did not find expected comment or line break"),
    Message("did not find expected hexdecimal number"),
    Message("did not find expected key"),
    Message("did not find expected node content"),
    Message("did not find expected whitespace or line break"),
    Message("exceeded maximum nesting depth"),
    Message("expected a single document in the stream"),
    Message("found a tab character that violates indentation"),
    Message("found a tab character where an indentation space is expected"),
    Message("found an indentation indicator equal to 0"),
    Message("found character that cannot start any token"),
    Message("found undefined tag handle"),
    Message("found unexpected document indicator"),
    Message("found unexpected end of stream"),
    Message("found unexpected ':'"),
    Message("found unknown escape character"),
    Message("mapping keys are not allowed in this context"),
    Message("mapping values are not allowed in this context"),
    Message("while increasing block level"),
    Message("while increasing flow level"),
    Message("while parsing a block collection"),
    Message("while parsing a block mapping"),
    Message("while parsing a block node"),
    Message("while parsing a flow mapping"),
    Message("while parsing a flow node"),
    Message("while parsing a flow sequence"),
    Message("while parsing a node"),
    Message("while parsing a quoted scalar"),
    Message("while scanning a block scalar"),
    Message("while scanning a plain scalar"),
    Message("while scanning a quoted scalar"),
    Message("while scanning a simple key"),
    Message("while scanning a tag"),
    Message("while scanning an alias"),
    Message("while scanning an anchor"),
    Message("while scanning for the next token"),
    # A brace within a template begins a value.
    Message("did not find expected ',' or '{brace}'", brace="}"),
)
_BY_TEXT = {str(sentence): sentence for sentence in _SENTENCES}


def as_message(sentence: str) -> str:
    """Return a sentence of the parser as a message that can be translated."""
    return _BY_TEXT.get(sentence, sentence)
