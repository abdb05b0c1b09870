import * as pulumi from '@pulumi/pulumi';
import { SIGNATURE } from './plugin';

/** A resource as a program registered it with the engine. */
export interface Registered {
  type: string;
  name: string;
  /** Inputs in the form of the request, with wrapped secrets. */
  inputs: Record<string, any>;
  /** Titles (`TYPE NAME`) of the resources that it waits for, explicitly or through an input. */
  dependencies: string[];
  /** Titles of the resources that each input comes from, by input. */
  propertyDependencies: Record<string, string[]>;
  parent: string;
  /** Name of its explicit provider; empty without one. */
  provider: string;
  deletedWith: string;
  deleteBeforeReplace: boolean;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  secretOutputs: string[];
  timeouts: { create?: string };
}

export const isSecret = (value: any): boolean => value?.[SIGNATURE] !== undefined;
export const bare = (value: any): any => (isSecret(value) ? value.value : value);

/** Answers of a test's cloud. */
export interface Answers {
  /** Returns the id of a resource and its outputs that are not inputs. */
  resource(
    type: string,
    name: string,
    inputs: Record<string, any>,
  ): { id?: string } & Record<string, unknown>;
  call?(token: string, inputs: Record<string, any>): Record<string, unknown>;
}

const SECONDS = 20;

/** Resolves with an output, and rejects after a time limit: a rejected output never resolves. */
function settled(output: pulumi.Output<unknown>, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} never resolved`)), SECONDS * 1000);
    output.apply(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Returns `TYPE NAME` of a URN. */
const titleOf = (urn: string): string =>
  urn === '' ? '' : urn.split('::').slice(2).join(' ').replace(/^.*\$/, '');

/** Returns the titles of the resources that each input of a registration comes from. */
function propertyDependencies(request: any): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  request
    .getPropertydependenciesMap()
    .forEach((from: any, input: string) => (found[input] = from.getUrnsList().map(titleOf)));
  return found;
}

const mocksOf = (answers: Answers): pulumi.runtime.Mocks => ({
  call: ({ token, inputs }) => answers.call?.(token, inputs) ?? {},
  newResource: ({ name, type, inputs }) => {
    const { id = `${name}-id`, ...outputs } = answers.resource(type, name, inputs);
    return { id, state: { ...inputs, ...outputs } };
  },
});

/**
 * Runs a program against mocks and returns every registered resource. Reads dependencies and
 * options, which mocks don't get, from the monitor's requests. Rejects if the program creates a
 * resource in an apply, because a preview would not show that resource.
 */
export async function registrations(
  program: (parent: pulumi.Resource) => unknown,
  answers: Answers,
  stack = 'stack',
): Promise<Registered[]> {
  const found: Registered[] = [];
  await pulumi.runtime.setMocks(mocksOf(answers), 'project', stack);
  const monitor: any = pulumi.runtime.getMonitor();
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request: any, callback: any) => {
    found.push({
      type: request.getType(),
      name: request.getName(),
      inputs: request.getObject().toJavaScript(),
      dependencies: request.getDependenciesList().map(titleOf),
      propertyDependencies: propertyDependencies(request),
      parent: titleOf(request.getParent()),
      provider: request.getProvider().split('::').slice(3, 4).join(),
      deletedWith: titleOf(request.getDeletedwith()),
      deleteBeforeReplace: request.getDeletebeforereplace(),
      ignoreChanges: request.getIgnorechangesList(),
      replaceOnChanges: request.getReplaceonchangesList(),
      secretOutputs: request.getAdditionalsecretoutputsList(),
      timeouts: request.getCustomtimeouts()?.toObject() ?? {},
    });
    return register(request, callback);
  };

  // Each resource's constructor calls this immediately.
  const made: pulumi.Resource[] = [];
  const late: string[] = [];
  let running = true;
  const transformation: pulumi.ResourceTransformation = ({ resource, type, name }) => {
    made.push(resource);
    if (!running) late.push(`${type} ${name}`);
    return undefined;
  };
  // The SDK records a stack trace for each promise, which is slow under jest.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    program(
      new pulumi.ComponentResource(
        'test:test:Parent',
        'test',
        {},
        { transformations: [transformation] },
      ),
    );
    running = false;
    await Promise.all(made.map((resource) => settled(resource.urn, 'a resource')));
  } finally {
    // Outputs may still be registered, but the next test's mocks don't know these resources.
    await pulumi.runtime.disconnect();
    Error.stackTraceLimit = stackTraceLimit;
  }
  if (late.length > 0) throw new Error(`made in an apply: ${late.join(', ')}`);
  return found;
}

/** Returns keys and certificates in the form of the lab's own provider. */
export const keys = (type: string, name: string): Record<string, pulumi.Input<string>> =>
  type.startsWith('hardway:tls')
    ? {
        certificate: `certificate ${name}`,
        publicKey: `public ${name}`,
        privateKey: pulumi.secret(`PRIVATE ${name}`),
      }
    : {};
