"""Asking the memory for something before it is needed: rows picked here and there otherwise cost a wait each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

DISTANCE = 24
"""How many rows ahead: about as many as are worked through in the time that the memory takes."""


@intrinsic
def _fetch(typing_context: Any, array: Any, index: Any) -> Any:
    if not (isinstance(array, types.Array) and isinstance(index, types.Integer)):
        return None

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = context.cast(builder, arguments[1], signature.args[1], types.intp)
        pointer = builder.bitcast(builder.gep(view.data, [place]), cgutils.voidptr_t)
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, word, word, word])
        insert: Callable[..., Any] = cgutils.get_or_insert_function
        function = insert(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(array, index), build


fetch = cast(Callable[[Any, Any], None], _fetch)
"""``fetch(array, index)`` in compiled code: begin to load ``array[index]`` of a flat array. ``index`` may lie anywhere:
nothing is read, and where nothing is nothing happens.
"""
