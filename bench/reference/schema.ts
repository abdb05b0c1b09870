import * as path from 'node:path';
import * as ts from 'typescript';
import { fieldsIf } from '../../util/optional';
import { docOf, interfacesOf, parsedDirectory, propertiesOf } from './declarations';

interface TypeSpec {
  type?: string;
  items?: TypeSpec;
  $ref?: string;
}

interface PropertySpec extends TypeSpec {
  description?: string;
  secret?: true;
}

interface ObjectSpec {
  description?: string;
  properties: Record<string, PropertySpec>;
  required: string[];
}

interface ResourceSpec extends ObjectSpec {
  inputProperties: Record<string, PropertySpec>;
  requiredInputs: string[];
}

export interface Schema {
  name: string;
  description: string;
  types: Record<string, ObjectSpec & { type: 'object' }>;
  resources: Record<string, ResourceSpec>;
}

const PRIMITIVES: Partial<Record<ts.SyntaxKind, string>> = {
  [ts.SyntaxKind.StringKeyword]: 'string',
  [ts.SyntaxKind.NumberKeyword]: 'number',
  [ts.SyntaxKind.BooleanKeyword]: 'boolean',
};

/** Derives the provider's Pulumi schema from the classes of provider/resources, and their doc comments. */
class SchemaReader {
  private readonly types: Schema['types'] = {};
  private readonly interfaces: Map<string, ts.InterfaceDeclaration>;

  constructor(private readonly files: ts.SourceFile[]) {
    this.interfaces = interfacesOf(files);
  }

  read(): Schema {
    const resources = Object.fromEntries(
      this.files
        .flatMap((file) => file.statements.filter(ts.isClassDeclaration))
        .map((declaration) => this.resource(declaration)),
    );
    return {
      name: 'hardway',
      description: 'Resources of hardway-lab: a VPC on a Linux host, keys, certificates, waits.',
      types: this.types,
      resources,
    };
  }

  /** Reads `class X extends resource<Args, Computed>('token', 'computed'…)`. */
  private resource(declaration: ts.ClassDeclaration): [string, ResourceSpec] {
    const base = declaration.heritageClauses![0].types[0].expression as ts.CallExpression;
    const [token, ...names] = base.arguments.map((node) => (node as ts.StringLiteral).text);
    const [args, computed] = (base.typeArguments ?? []).map((node) => this.object(node, token));
    const added = Object.keys(computed?.properties ?? {});
    if (added.join() !== names.join())
      throw new Error(`${token} names the outputs ${names}, and its interface has ${added}`);
    const spec = {
      description: docOf(declaration),
      inputProperties: args.properties,
      requiredInputs: args.required,
      properties: { ...args.properties, ...computed?.properties },
      required: [...args.required, ...(computed?.required ?? [])],
    };
    return [token, spec];
  }

  private object(node: ts.TypeNode, token: string): ObjectSpec {
    // `object`: no arguments.
    if (!ts.isTypeReferenceNode(node)) return { properties: {}, required: [] };
    const declaration = this.interfaces.get(node.typeName.getText());
    if (!declaration) throw new Error(`${token}: there is no interface ${node.getText()}`);
    const all = propertiesOf(declaration);
    return {
      properties: Object.fromEntries(
        all.map(({ name, type, node: property }) => [
          name,
          { ...this.type(type, token), ...describe(docOf(property)) },
        ]),
      ),
      required: all.filter(({ isOptional }) => !isOptional).map(({ name }) => name),
    };
  }

  private type(node: ts.TypeNode, token: string): TypeSpec {
    const primitive = PRIMITIVES[node.kind];
    if (primitive) return { type: primitive };
    if (ts.isArrayTypeNode(node))
      return { type: 'array', items: this.type(node.elementType, token) };
    // A union of texts, such as 'tcp' | 'udp'.
    if (ts.isUnionTypeNode(node) && node.types.every(ts.isLiteralTypeNode))
      return { type: 'string' };
    if (!ts.isTypeReferenceNode(node))
      throw new Error(`${token}: the schema has no type for ${node.getText()}`);
    if (node.typeName.getText() === 'pulumi.Input') return this.type(node.typeArguments![0], token);
    const name = `${token.split(':').slice(0, 2).join(':')}:${node.typeName.getText()}`;
    this.types[name] = { type: 'object', ...this.object(node, token) };
    return { $ref: `#/types/${name}` };
  }
}

const describe = (doc: string): Pick<PropertySpec, 'description' | 'secret'> => ({
  ...fieldsIf(doc, { description: doc }),
  ...fieldsIf(/^Secret\b/.test(doc), { secret: true as const }),
});

/** Returns the schema of the provider, without its version. */
export const providerSchema = (root: string): Schema =>
  new SchemaReader(parsedDirectory(path.join(root, 'provider/resources'))).read();
