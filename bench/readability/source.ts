import * as ts from 'typescript';
import { itemsIf } from '../../util/optional';

/** A comment in a source file; consecutive `//` lines are one comment. */
export interface Comment {
  /** First and last line, from 1. */
  line: number;
  lastLine: number;
  /** Text without comment marks, lines joined by spaces. */
  text: string;
}

/** Text in a source file that a person reads. */
export interface SourceText {
  /** From 1. */
  line: number;
  text: string;
}

/** Figures of one TypeScript file. */
export interface SourceFigures {
  lines: number;
  /** Line numbers of lines over LONG_LINE characters. */
  longLines: number[];
  comments: Comment[];
  /** String literals of several words: messages, titles of tests, commands. */
  strings: SourceText[];
  /** Names of tests and of their groups. */
  testNames: SourceText[];
  /** Lines of each test's function. */
  testLengths: number[];
  /** Lines of each function that has a body. */
  functionLengths: number[];
  /** Number of `a ? b : c`. */
  conditionals: number;
  /** Line numbers of `a ? b : c ? d : e`. */
  nestedConditionals: number[];
  exports: number;
  documentedExports: number;
}

/** Longest line, in characters, that does not count as long. */
export const LONG_LINE = 120;

/** Returns a comment's text without its marks. */
const commentText = (raw: string): string =>
  raw
    .replace(/^\/\*+|\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*(\*|\/\/+)?\s?/, '').trim())
    .join(' ')
    .trim();

function isExported(node: ts.Node): boolean {
  if (!ts.canHaveModifiers(node)) return false;
  return ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

const isFunctionWithBody = (node: ts.Node): boolean =>
  (ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isConstructorDeclaration(node) ||
    ts.isArrowFunction(node) ||
    ts.isFunctionExpression(node)) &&
  node.body !== undefined;

/** Returns whether an expression is `a ? b : c`, in parentheses or not. */
function isConditional(node: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(node)) return isConditional(node.expression);
  return ts.isConditionalExpression(node);
}

/** Returns the text of a string literal or template, with `…` for the parts that vary. */
function stringText(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
}

/** Returns the leftmost name of a call: `test` for `test.each(table)(title, body)`. */
function calledName(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isTaggedTemplateExpression(node)) return calledName(node.tag);
  const isPart = ts.isCallExpression(node) || ts.isPropertyAccessExpression(node);
  if (isPart) return calledName(node.expression);
  return '';
}

/** Returns the kind of a call with a title and a function as jest has them. */
function testKind(node: ts.CallExpression): 'test' | 'group' | undefined {
  const name = calledName(node.expression);
  const [title, body] = node.arguments;
  if (!title || !body || stringText(title) === undefined) return undefined;
  if (name === 'describe') return 'group';
  if (name === 'test' || name === 'it') return 'test';
  return undefined;
}

/** Collects the comments around nodes, each once. */
class Comments {
  readonly found: Comment[] = [];
  private readonly seen = new Set<number>();

  constructor(private readonly file: ts.SourceFile) {}

  /** Adds the comments before and behind a node. */
  addAround(node: ts.Node): void {
    const { text } = this.file;
    const ranges = [
      ...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(text, node.getEnd()) ?? []),
    ];
    for (const range of ranges) this.add(range);
  }

  private add({ pos, end, kind }: ts.CommentRange): void {
    if (this.seen.has(pos)) return;
    this.seen.add(pos);
    const line = this.lineAt(pos);
    const text = commentText(this.file.text.slice(pos, end));
    const previous = this.found.at(-1);
    const isLineComment = kind === ts.SyntaxKind.SingleLineCommentTrivia;
    if (isLineComment && previous && previous.lastLine === line - 1) {
      previous.text += ` ${text}`;
      previous.lastLine = line;
      return;
    }
    this.found.push({ line, lastLine: this.lineAt(end), text });
  }

  lineAt(position: number): number {
    return this.file.getLineAndCharacterOfPosition(position).line + 1;
  }
}

/** Lists the comments of a script that starts them with `#`; consecutive lines are one comment. */
export function scriptComments(text: string): SourceText[] {
  const found: (SourceText & { lastLine: number })[] = [];
  for (const [index, row] of text.split('\n').entries()) {
    const comment = /^\s*#(?!!)\s?(.*)$/.exec(row)?.[1];
    if (comment === undefined) continue;
    const previous = found.at(-1);
    if (previous?.lastLine === index) {
      previous.text += ` ${comment}`;
      previous.lastLine += 1;
    } else {
      found.push({ line: index + 1, lastLine: index + 1, text: comment });
    }
  }
  return found;
}

/** Measures one TypeScript file. */
export function measureSource(name: string, text: string): SourceFigures {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const comments = new Comments(file);
  const lines = text.replace(/\n$/, '').split('\n');
  const figures: SourceFigures = {
    lines: lines.length,
    longLines: lines.flatMap((line, index) => itemsIf(line.length > LONG_LINE, index + 1)),
    comments: comments.found,
    strings: [],
    testNames: [],
    testLengths: [],
    functionLengths: [],
    conditionals: 0,
    nestedConditionals: [],
    exports: 0,
    documentedExports: 0,
  };
  const addTest = (node: ts.CallExpression): void => {
    const kind = testKind(node);
    if (!kind) return;
    const [title, body] = node.arguments;
    figures.testNames.push({ line: lineOf(node), text: stringText(title)! });
    if (kind === 'test') figures.testLengths.push(lengthOf(body));
  };
  const lineOf = (node: ts.Node): number => comments.lineAt(node.getStart(file));
  const lengthOf = (node: ts.Node): number => comments.lineAt(node.getEnd()) - lineOf(node) + 1;
  const visit = (node: ts.Node): void => {
    comments.addAround(node);
    if (isFunctionWithBody(node)) figures.functionLengths.push(lengthOf(node));
    const string = stringText(node);
    if (string?.includes(' ')) figures.strings.push({ line: lineOf(node), text: string });
    if (ts.isCallExpression(node)) addTest(node);
    if (ts.isConditionalExpression(node)) {
      figures.conditionals += 1;
      if ([node.condition, node.whenTrue, node.whenFalse].some(isConditional))
        figures.nestedConditionals.push(lineOf(node));
    }
    if (isExported(node)) {
      figures.exports += 1;
      if (ts.getJSDocCommentsAndTags(node).length > 0) figures.documentedExports += 1;
    }
    node.getChildren(file).forEach(visit);
  };
  visit(file);
  return figures;
}
