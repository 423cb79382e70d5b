"""Reading a caption of a drawn scene into what it claims, without looking at the scene."""

from __future__ import annotations

from dataclasses import dataclass, field

from cmpagl.scenes.checking.lexicon import Token, tokenise

__all__ = ["Amount", "Mention", "Reading", "read"]


@dataclass
class Amount:
    """A number ("3"), a level ("some"), an article or nothing, of things of one colour."""

    role: str = ""
    value: str = ""
    colour: str | None = None


@dataclass
class Mention:
    """Objects of one kind as a noun phrase tells them: one amount, or one for each colour."""

    kind: str
    plural: bool
    amounts: list[Amount]
    all_of: list[str] = field(default_factory=list)  # colours that all of them are said to have
    shape: str | None = None


@dataclass
class Reading:
    """Everything that a caption claims; ``relations`` are (subject, predicate, target)."""

    mentions: list[Mention] = field(default_factory=list)
    relations: list[tuple[str, str, str]] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    grounds: list[tuple[str, str | None]] = field(default_factory=list)  # with its colour
    hazy: bool = False
    not_understood: list[str] = field(default_factory=list)


def read(caption: str) -> Reading:
    """What ``caption`` claims; words and relations that make no sense are in `not_understood`."""
    return _Reader().read(tokenise(caption))


class _Reader:
    """Goes through a caption once, from left to right.

    The subject of a relation is the nearest noun phrase before it; at the start of the caption,
    where there is none, it is the second one after it. "it" is what the caption began with.
    """

    def __init__(self) -> None:
        self.result = Reading()
        self.head: Mention | None = None  # what the caption began with
        self.last: Mention | None = None  # nearest noun phrase of this clause
        self.subject: Mention | None = None  # first noun phrase of this clause
        self.amount = Amount()
        self.earlier: list[Amount] = []  # "two red" of "two red and three white cars"
        self.shape: str | None = None
        self.has = False  # after "has" or "have"
        self.relation: tuple[Mention | None, str] | None = None  # waits for its target
        self.fronted: tuple[str, str] | None = None  # predicate and target wait for the subject
        self.passive: tuple[Mention, str] | None = None  # target and predicate wait for it

    def read(self, tokens: list[Token]) -> Reading:
        for token in tokens:
            getattr(self, f"_{token.role}")(token)
        self._end_clause()
        if self.relation or self.fronted or self.passive:
            self.result.not_understood.append("a relation without its other side")
        return self.result

    # modifiers ----------------------------------------------------------------------------------

    def _number(self, token: Token) -> None:
        if token.phrase == "one" and self.amount.colour and self.last:
            self._one(token)
        else:
            self.amount.role, self.amount.value = "number", token.value

    def _level(self, token: Token) -> None:
        self.amount.role, self.amount.value = "level", token.value

    def _article(self, token: Token) -> None:
        self.amount.role = self.amount.role or "article"

    def _colour(self, token: Token) -> None:
        self.amount.colour = token.value

    def _shape(self, token: Token) -> None:
        self.shape = token.value

    def _one(self, token: Token) -> None:
        """The end of "and two red ones": more of the kind just named."""
        if self.last is None:
            self.result.not_understood.append(token.phrase)
        else:
            self.last.amounts.append(self.amount)
        self.amount = Amount()

    # things -------------------------------------------------------------------------------------

    def _kind(self, token: Token) -> None:
        amounts = [*self.earlier, self.amount]
        mention = Mention(token.value, token.plural, amounts, shape=self.shape)
        self.result.mentions.append(mention)
        self.amount, self.earlier, self.shape = Amount(), [], None
        if self.relation is not None:
            self._close_relation(mention.kind)
        elif self.fronted is not None:
            predicate, target = self.fronted
            self.result.relations.append((mention.kind, predicate, target))
            self.fronted = None
        elif self.passive is not None:
            other, predicate = self.passive
            self.result.relations.append((mention.kind, predicate, other.kind))
            self.passive = None
        self.head = self.head or mention
        self.subject = self.subject or mention
        self.last = mention

    def _class(self, token: Token) -> None:
        self.result.classes.append(token.value)
        self._whole()

    def _scene(self, token: Token) -> None:
        self._whole()

    def _whole(self) -> None:
        """The picture or its land use as the place of something."""
        self.amount = Amount()
        if self.relation is not None and self.relation[1] in ("in", "on"):
            self.relation = None  # "in the park" says where, not beside what
        elif self.relation is not None:
            self._close_relation("scene")

    def _ground(self, token: Token) -> None:
        if token.value:
            self.result.grounds.append((token.value, self.amount.colour))
        self.amount = Amount()
        if self.relation is not None and self.relation[1] == "on":
            self.relation = None
        elif self.relation is not None:
            self._close_relation("ground")

    def _pronoun(self, token: Token) -> None:
        if self.relation is None or self.head is None:
            self.result.not_understood.append(token.phrase)
        else:
            self._close_relation(self.head.kind)

    # relations ----------------------------------------------------------------------------------

    def _relation(self, token: Token) -> None:
        self._statement()
        self.relation = (self.last, token.value)

    def _close_relation(self, target: str) -> None:
        if self.relation is None:
            return
        subject, predicate = self.relation
        self.relation = None
        if subject is None:
            self.fronted = (predicate, target)
        else:
            self.result.relations.append((subject.kind, predicate, target))

    def _passive(self, token: Token) -> None:
        if self.last is None:
            self.result.not_understood.append(token.phrase)
        else:
            self.passive = (self.last, token.value)

    def _site(self, token: Token) -> None:
        if self.last is None or self.head is None or self.last is self.head:
            self.result.not_understood.append(token.phrase)
        else:
            self.result.relations.append((self.last.kind, token.value, self.head.kind))

    # statements about colour --------------------------------------------------------------------

    def _have(self, token: Token) -> None:
        self.has = True

    def _roof(self, token: Token) -> None:
        """The end of "have red roofs" or "with a red roof"."""
        bearer = self.subject if self.has else self.last
        colour = self.amount.colour
        if bearer is None or colour is None:
            self.result.not_understood.append(token.phrase)
        elif self.has:
            bearer.all_of.append(colour)
        else:
            bearer.amounts[-1].colour = colour
        self.amount, self.has = Amount(), False

    _water = _roof

    def _statement(self) -> None:
        """The end of "are white": a colour that no noun followed."""
        if self.amount.colour is not None and self.subject is not None:
            self.subject.all_of.append(self.amount.colour)
        elif self.amount.colour is not None:
            self.result.not_understood.append(self.amount.colour)
        self.amount = Amount()

    # joints -------------------------------------------------------------------------------------

    def _and(self, token: Token) -> None:
        if self.amount.role == "number" and self.amount.colour is not None:
            self.earlier.append(self.amount)
            self.amount = Amount()
        else:
            self._statement()

    def _end_clause(self) -> None:
        self._statement()
        self.subject = self.last = None

    def _comma(self, token: Token) -> None:
        self._end_clause()

    def _break(self, token: Token) -> None:
        self._end_clause()

    def _with(self, token: Token) -> None:
        self._statement()
        self.has = False

    def _filler(self, token: Token) -> None:
        pass

    def _haze(self, token: Token) -> None:
        self.result.hazy = True

    def _unknown(self, token: Token) -> None:
        self.result.not_understood.append(token.phrase)
