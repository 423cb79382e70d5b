"""Which scenes are ranked at all: filters as the store reads them, and the best of all.

Shapes: G rows, n of them, W = E + EXTRA vector width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cmpagl.rank.arrays import IntArray
from cmpagl.search.hits import Product
from cmpagl.store.where import Box, Filter, sql

if TYPE_CHECKING:
    from cmpagl.store.gallery import Gallery

__all__ = ["best_by", "filter_sql"]


def filter_sql(
    gallery: Gallery,
    class_name: str | None,
    data_set: str | None,
    where: Filter,
    box: Box | None = None,
) -> str:
    """All filters as Lance reads them; empty where there is none.

    Raises:
        QueryError: a condition names a column that is not there, or a value is none of its kind.
    """
    parts = [] if not where else [sql(where, gallery.fields)]
    if box is not None and (inside := gallery.in_box(box)):
        parts.append(f"({inside})")
    for column, value in (("class_name", class_name), ("data_set", data_set)):
        if value is not None:
            said = f"{column} = '" + value.replace("'", "''") + "'"
            none = column == "data_set" and value == gallery.name
            parts.append(f"({said} OR {column} IS NULL)" if none else f"({said})")
    return " AND ".join(parts)


def best_by(
    products: Sequence[Product], vectors: NDArray[np.float32], items: IntArray, most: int
) -> IntArray:
    """The rows that are among the best ``most`` by any of the products, ascending.

    Args:
        products: what rows are multiplied with.
        vectors: of all rows, (G, W).
        items: the rows to choose from, (n,), more than ``most``.
        most: by each product.
    """
    found = [
        np.argpartition(-(vectors @ product.vector)[items], most)[:most] for product in products
    ]
    return items[np.unique(np.concatenate(found))]
