"""Chinese review language, offline: how pleased a review is, and what it says about which aspect.

Belongs here: cleaning, clauses, the lexicon (`lexicon.toml`, data that anyone can extend) and the shipped model
(`polarity.npz`, see `MODEL_CARD.md`). Knows texts only: no shop, no table, no sentence for people.

- ``polarity(reviews)`` -> ndarray, P(positive) of each review
- ``aspects(reviews, *, scheme=None, lexicon=None)`` -> DataFrame(review, clause, aspect, opinion, polarity)
- ``lexicon(extra=None)`` -> Lexicon: the packaged words, or with a shop's own on top
- ``clauses(review)`` -> list of the review's clauses
- ``aspect_groups(lexicon=None)`` -> aspect to product, logistics or service
- ``typicality(sentences)`` -> ndarray, how well each stands for all of them
- ``adapted(reviews, marks)`` -> Adapted: chances bent to a shop's own good and bad marks, and the error on them
- ``review_words(reviews)`` -> telling words of each
- ``new_nouns(reviews, *, lexicon=None)`` -> judged nouns that the lexicon lacks
- ``title_words(title)`` -> list of its words; ``word_table(titles, *, least, most)`` -> words, titles x words matrix
- ``MEASURED_ERROR``: share of reviews judged wrongly, each trade left out of training in turn
- ``is_default(review)`` -> whether the platform wrote it in the buyer's stead
"""

from __future__ import annotations

from shopnb.text.adapting import Adapted, adapted
from shopnb.text.aspects import aspect_groups, aspects
from shopnb.text.cleaning import clauses, is_default
from shopnb.text.features import typicality
from shopnb.text.lexicon import Lexicon, lexicon
from shopnb.text.model import MEASURED_ERROR, polarity
from shopnb.text.review_words import new_nouns, review_words
from shopnb.text.words import title_words, word_table

__all__ = [
    "MEASURED_ERROR",
    "Adapted",
    "Lexicon",
    "adapted",
    "aspect_groups",
    "aspects",
    "clauses",
    "is_default",
    "lexicon",
    "new_nouns",
    "polarity",
    "review_words",
    "title_words",
    "typicality",
    "word_table",
]
