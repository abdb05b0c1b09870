import * as ts from 'typescript';

/** A test that may pass without an assertion. */
export interface Weakness {
  /** From 1. */
  line: number;
  title: string;
  problem: 'no assertion' | 'assertions only inside a loop or a condition';
}

const TEST_NAMES = new Set(['test', 'it']);
const LOOP_METHODS = new Set(['forEach', 'map', 'flatMap', 'filter', 'some', 'every']);

/** Returns the leftmost name of a call: `test` for `test.each(table)(title, body)`. */
function rootName(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isCallExpression(node) || ts.isPropertyAccessExpression(node)) {
    return rootName(node.expression);
  }
  return ts.isTaggedTemplateExpression(node) ? rootName(node.tag) : '';
}

/** Returns the last name of a called expression: `rejects` for `one.rejects(…)`. */
const calledName = ({ expression }: ts.CallExpression): string =>
  ts.isPropertyAccessExpression(expression) ? expression.name.text : rootName(expression);

/** Returns whether a list has at least one element, for all that the source shows. */
function isNeverEmpty(list: ts.Expression): boolean {
  if (ts.isAsExpression(list) || ts.isParenthesizedExpression(list)) {
    return isNeverEmpty(list.expression);
  }
  return ts.isArrayLiteralExpression(list) && list.elements.some((one) => !ts.isSpreadElement(one));
}

/** Returns whether a node may run its parts zero times. */
function mayBeSkipped(node: ts.Node): boolean {
  if (ts.isForOfStatement(node)) return !isNeverEmpty(node.expression);
  if (ts.isIfStatement(node) || ts.isForStatement(node) || ts.isWhileStatement(node)) return true;
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    LOOP_METHODS.has(node.expression.name.text) &&
    !isNeverEmpty(node.expression.expression)
  );
}

/** Returns how the assertions of a test's body are placed. */
function placed(body: ts.Node, asserting: Set<string>): 'none' | 'skippable' | 'sure' {
  let result: 'none' | 'skippable' | 'sure' = 'none';
  const visit = (node: ts.Node, skippable: boolean): void => {
    if (ts.isCallExpression(node) && asserting.has(calledName(node))) {
      if (!skippable) result = 'sure';
      else if (result === 'none') result = 'skippable';
    }
    const inside = skippable || mayBeSkipped(node);
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(body, false);
  return result;
}

/** Lists the functions of a file, by name: declarations, and constants that hold a function. */
function functionsOf(file: ts.SourceFile): Map<string, ts.Node> {
  const found = new Map<string, ts.Node>();
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionDeclaration(node) && node.name) found.set(node.name.text, node);
    if (ts.isMethodDeclaration(node) && ts.isIdentifier(node.name)) {
      found.set(node.name.text, node);
    }
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
      if (ts.isFunctionLike(node.initializer)) found.set(node.name.text, node.initializer);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const parsed = (text: string): ts.SourceFile =>
  ts.createSourceFile('test.ts', text, ts.ScriptTarget.Latest, true);

/**
 * Returns the names of functions in `sources` that assert, in their own body or in one that they
 * call. `known` has the names of other functions that do.
 */
export function assertingFunctions(sources: string[], known = new Set(['expect'])): Set<string> {
  const functions = sources.flatMap((text) => [...functionsOf(parsed(text))]);
  const names = new Set(known);
  for (let size = 0; size !== names.size;) {
    size = names.size;
    for (const [name, body] of functions) {
      if (placed(body, names) !== 'none') names.add(name);
    }
  }
  return names;
}

/**
 * Lists the tests of a file that may pass without an assertion. `helpers` are functions of other
 * files that assert.
 */
export function weakTests(text: string, helpers = new Set(['expect'])): Weakness[] {
  const asserting = assertingFunctions([text], helpers);
  const file = parsed(text);
  const found: Weakness[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isCallExpression(node) || !TEST_NAMES.has(rootName(node.expression))) return;
    const [title, body] = node.arguments;
    if (!title || !body || !ts.isFunctionLike(body)) return;
    const how = placed(body, asserting);
    if (how === 'sure') return;
    found.push({
      line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1,
      title: title.getText(file),
      problem: how === 'none' ? 'no assertion' : 'assertions only inside a loop or a condition',
    });
  };
  visit(file);
  return found;
}
