"""Python sources as syntax trees, with the little name resolution that following a text needs. Reads, never runs.

Names are resolved inside of a function, to its callers, to the module and to what it imports from another module of
the same tree. It doesn't know types: an attribute is looked up by its name, and only where one definition has it.
"""

from __future__ import annotations

import ast
import gc
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
NOTHING = ast.Constant(value=None)  # bound to something whose text is none of ours: an exception that was caught
GROWS = ("append", "extend", "insert", "add", "update")


@dataclass(eq=False)
class Scope:
    """A function, or a module's own level (``node`` None)."""

    tree: Tree
    module: Module
    node: Function | None = None
    parent: Scope | None = None

    @property
    def path(self) -> str:
        return self.module.path

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.node)) if self.node else [n for s in self.module.tree.body for n in _level(s)]

    def returned(self) -> list[ast.expr]:
        """What the function returns or yields."""
        found = [n.value for n in self.nodes if isinstance(n, ast.Return | ast.Yield | ast.YieldFrom)]
        return [value for value in found if value is not None]

    def bindings(self, name: str) -> list[tuple[ast.expr | None, Scope]]:
        """What ``name`` may stand for, each with where that is written; None for what can't be told."""
        found = [(value, self) for node in self.nodes for value in _bound(node, name, self)]
        if self.node and name in _parameters(self.node):
            found += self.tree.arguments(self, name)
        if found:
            return found
        if self.parent:
            return self.parent.bindings(name)
        source = self.module.imports.get(name)
        known = self.tree.modules.get(source[0]) if source else None
        return known.level.bindings(source[1]) if known and source and known is not self.module else []


@dataclass(eq=False)
class Module:
    """One file. ``name`` is dotted, from the tree's root."""

    path: str
    name: str
    tree: ast.Module
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)  # name → (module, name in it)
    functions: dict[str, list[Scope]] = field(default_factory=lambda: defaultdict(list))
    level: Scope = field(init=False)


def _parse(text: str) -> ast.Module:
    """The syntax tree of a source.

    Python before 3.11.5 (Debian 12 has 3.11.2) raises SystemError when the garbage collector runs code meanwhile:
    https://github.com/python/cpython/issues/106905.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        if collecting:
            gc.enable()


class Tree:
    """All modules of some folders under one root."""

    def __init__(self, root: Path, folders: Sequence[str]) -> None:
        self.modules: dict[str, Module] = {}
        self.properties: dict[str, list[Scope]] = defaultdict(list)
        self.methods: dict[str, list[Scope]] = defaultdict(list)
        self.calls: dict[str, list[tuple[ast.Call, Scope]]] = defaultdict(list)
        self.classes: dict[str, list[str]] = {}  # class → its bases
        for path in sorted(p for folder in folders for p in (root / folder).rglob("*.py")):
            self._read(root, path)

    def _read(self, root: Path, path: Path) -> None:
        relative = path.relative_to(root)
        name = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
        module = Module(path=relative.as_posix(), name=name, tree=_parse(path.read_text(encoding="utf-8")))
        module.level = Scope(self, module)
        self.modules[name] = module
        self._walk(module.tree, module.level, in_class=False)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                source = _source_of(node, module)
                module.imports |= {alias.asname or alias.name: (source, alias.name) for alias in node.names}
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = [last_name(base) for base in node.bases]

    def _walk(self, node: ast.AST, scope: Scope, *, in_class: bool) -> None:
        for child in ast.iter_child_nodes(node):
            inner = scope
            if isinstance(child, Function):
                inner = Scope(self, scope.module, child, scope)
                scope.module.functions[child.name].append(inner)
                if in_class:
                    decorated = {last_name(d) for d in child.decorator_list}
                    (self.properties if decorated & {"property", "cached_property"} else self.methods)[
                        child.name
                    ].append(inner)
            elif isinstance(child, ast.Call):
                self.calls[last_name(child.func)].append((child, scope))
            self._walk(child, inner, in_class=isinstance(child, ast.ClassDef))

    def scoped(self) -> Iterator[tuple[ast.AST, Scope]]:
        """Every node with the innermost function that it stands in."""
        for module in self.modules.values():
            yield from _scoped(module.tree, module.level)

    def subclasses(self, root: str) -> set[str]:
        """The class of this name and all that derive from it."""
        found = {root}
        while more := {name for name, bases in self.classes.items() if found & set(bases)} - found:
            found |= more
        return found

    def functions_called(self, call: ast.Call, scope: Scope) -> list[Scope]:
        """The functions of the tree that a call may mean."""
        name = last_name(call.func)
        if isinstance(call.func, ast.Name):
            source = scope.module.imports.get(name)
            module = self.modules.get(source[0]) if source else scope.module
            return list(module.functions.get(source[1] if source else name, ())) if module else []
        if isinstance(call.func, ast.Subscript) and isinstance(call.func.value, ast.Name):
            return list(self._in_table(call.func.value.id, scope))
        if not isinstance(call.func, ast.Attribute):
            return []
        owner = last_name(call.func.value)
        if owner in ("self", "cls"):
            return list(scope.module.functions.get(name, ()))
        source = scope.module.imports.get(owner)
        module = self.modules.get(".".join(part for part in source if part)) if source else None
        if module:
            return list(module.functions.get(name, ()))
        known = self.methods.get(name, [])
        return list(known) if len(known) == 1 else []

    def _in_table(self, name: str, scope: Scope) -> Iterator[Scope]:
        """The functions in a dictionary of functions."""
        for table, where in scope.bindings(name):
            for value in table.values if isinstance(table, ast.Dict) else ():
                yield from self.functions_called(ast.Call(func=value, args=[], keywords=[]), where)

    def arguments(self, function: Scope, name: str) -> list[tuple[ast.expr | None, Scope]]:
        """What the function's callers give for its parameter ``name``, and its default."""
        if function.node is None:
            return []
        spec, found = function.node.args, list[tuple[ast.expr | None, Scope]]()
        ordered = [a.arg for a in (*spec.posonlyargs, *spec.args)]
        defaults = dict(zip(reversed(ordered), reversed(spec.defaults), strict=False))
        defaults |= {a.arg: d for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d}
        if name in defaults:
            found.append((defaults[name], function))
        is_method = bool(ordered) and ordered[0] in ("self", "cls")
        position = ordered.index(name) - is_method if name in ordered else None
        for call, scope in self.calls[function.node.name]:
            if function not in self.functions_called(call, scope):
                continue
            given = next((k.value for k in call.keywords if k.arg == name), None)
            if given is None and position is not None and position < len(call.args):
                given = call.args[position]
            if given is not None:
                found.append((given, scope))
        return found or [(None, function)]

    def attributes(self, scope: Scope, node: ast.Attribute) -> list[tuple[ast.expr, Scope]]:
        """What ``self.x`` was set to, in the same module."""
        found = []
        for other in {s for scopes in scope.module.functions.values() for s in scopes}:
            for inner in other.nodes:
                targets = inner.targets if isinstance(inner, ast.Assign) else ()
                if any(isinstance(t, ast.Attribute) and t.attr == node.attr for t in targets):
                    found.append((inner.value, other))  # type: ignore[attr-defined]
        return found

    def constants(self, node: ast.expr, scope: Scope) -> list[ast.Constant]:
        """The literal texts that ``node`` may be."""
        values = [value for value, _ in scope.bindings(node.id)] if isinstance(node, ast.Name) else [node]
        return [value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]


def last_name(node: ast.expr) -> str:
    """``c`` of ``a.b.c``, of ``c(…)``; "" of anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=function):
            return last_name(function)
    return ""


def _level(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes of a module's own level: not those inside of its functions and classes."""
    if not isinstance(statement, Function | ast.ClassDef):
        yield from ast.walk(statement)


def _scoped(node: ast.AST, scope: Scope) -> Iterator[tuple[ast.AST, Scope]]:
    for child in ast.iter_child_nodes(node):
        inner = scope
        if isinstance(child, Function):
            inner = next(s for s in scope.module.functions[child.name] if s.node is child)
        yield child, inner
        yield from _scoped(child, inner)


def _source_of(node: ast.ImportFrom, module: Module) -> str:
    """The module that an import names, dotted from the root; Ansible's own name of module_utils is resolved."""
    source = node.module or ""
    if node.level:
        package = module.name if module.path.endswith("__init__.py") else module.name.rpartition(".")[0]
        for _ in range(node.level - 1):
            package = package.rpartition(".")[0]
        source = f"{package}.{source}".strip(".")
    return source.replace("ansible.module_utils.recyclerie", "playbooks.module_utils.recyclerie")


def _parameters(node: Function) -> list[str]:
    return [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]


def _bound(node: ast.AST, name: str, scope: Scope) -> Iterator[ast.expr | None]:
    """What one node binds ``name`` to."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _unpack(target, value, name)
        case ast.AnnAssign(target=ast.Name(id=bound), value=value) if bound == name and value:
            yield value
        case ast.AugAssign(target=ast.Name(id=bound), value=value) if bound == name:
            yield value
        case ast.NamedExpr(target=ast.Name(id=bound), value=value) if bound == name:
            yield value
        case ast.Call(func=ast.Attribute(value=ast.Name(id=bound), attr=method), args=args) if bound == name:
            yield from args if method in GROWS else ()
        case ast.For(target=target, iter=values) | ast.comprehension(target=target, iter=values):
            if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(target)):
                elements = list(_elements(values, scope))
                for element in elements:
                    yield from _unpack(target, element, name)
                if not elements:
                    yield None
        case ast.ExceptHandler(name=bound) if bound == name:
            yield NOTHING
        case ast.withitem(optional_vars=ast.Name(id=bound)) if bound == name:
            yield None


def _unpack(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr | None]:
    if isinstance(target, ast.Name):
        if target.id == name:
            yield value
    elif isinstance(target, ast.Tuple | ast.List):
        same = isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
        for i, inner in enumerate(target.elts):
            if same:
                yield from _unpack(inner, value.elts[i], name)  # type: ignore[attr-defined]
            elif isinstance(inner, ast.Name) and inner.id == name:
                yield ast.copy_location(ast.Subscript(value=value, slice=ast.Constant(value=i)), value)


def _elements(values: ast.expr, scope: Scope) -> Iterator[ast.expr]:
    """The elements of what is looped over, where they are written down."""
    match values:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            yield from elements
        case ast.Call(func=ast.Attribute(value=owner, attr="items" | "values" | "keys" as which)):
            for value, _ in scope.bindings(owner.id) if isinstance(owner, ast.Name) else ():
                if isinstance(value, ast.Dict):
                    for key, inner in zip(value.keys, value.values, strict=True):
                        pair = [part for part in (key, inner) if part is not None]
                        yield ast.Tuple(elts=pair) if which == "items" else pair[0 if which == "keys" else -1]
        case ast.Name(id=name):
            for value, where in scope.bindings(name):
                if isinstance(value, ast.List | ast.Tuple | ast.ListComp):
                    yield from _elements(value, where)
                elif value is not None and value is not NOTHING:
                    yield value
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
            yield element
        case ast.Call():
            yield values  # whatever it answers
