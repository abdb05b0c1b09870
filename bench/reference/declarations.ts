import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';

/** Parses one source file. */
export const parsed = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);

/** Parses all source files of a directory. */
export const parsedDirectory = (directory: string): ts.SourceFile[] =>
  fs
    .readdirSync(directory)
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => parsed(path.join(directory, name)));

/** Returns a declaration's doc comment as one line; empty if there is none. */
export function docOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1);
  return (ts.getTextOfJSDocComment(comment?.comment) ?? '').replace(/\s+/g, ' ').trim();
}

/** Returns a tag of a declaration's doc comment, such as `default`; empty if there is none. */
export function tagOf(node: ts.Node, name: string): string {
  const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === name);
  return (ts.getTextOfJSDocComment(tag?.comment) ?? '').replace(/\s+/g, ' ').trim();
}

/** A property of an interface. */
export interface Property {
  name: string;
  type: ts.TypeNode;
  isOptional: boolean;
  node: ts.PropertySignature;
}

export const propertiesOf = (declaration: ts.InterfaceDeclaration): Property[] =>
  declaration.members.filter(ts.isPropertySignature).map((node) => ({
    name: (node.name as ts.Identifier).text,
    type: node.type!,
    isOptional: node.questionToken !== undefined,
    node,
  }));

/** Maps the interfaces of source files by name. */
export const interfacesOf = (files: ts.SourceFile[]): Map<string, ts.InterfaceDeclaration> =>
  new Map(
    files.flatMap((file) =>
      file.statements
        .filter(ts.isInterfaceDeclaration)
        .map((found) => [found.name.text, found] as const),
    ),
  );
