import * as pulumi from '@pulumi/pulumi';
import { balancesServices } from '../../components/balanced-services';
import { Bootstrap } from '../../components/bootstrap';
import { Certificates } from '../../components/pki/certificates';
import type { LabConfig } from '../../components/config';
import type { Machine } from '../../components/machine';
import { topology } from '../../components/topology';
import { articleConfig } from './article-config';
import { bare, keys, type Registered, registrations } from './mocks';

export { bare, isSecret, type Registered } from './mocks';

interface Options {
  config?: Partial<LabConfig>;
  generations?: Record<string, string>;
  args?: object;
}

class Instance extends pulumi.CustomResource {
  constructor(name: string, parent: pulumi.Resource) {
    super('test:cloud:Instance', name, {}, { parent });
  }
}

/** Runs the program against mocks. Returns every registered resource by name. */
export async function registered({
  config: changes,
  generations = {},
  args = {},
}: Options = {}): Promise<Map<string, Registered>> {
  const settings = { ...articleConfig, ...changes };
  const plan = topology(settings);
  const program = (parent: pulumi.Resource): void => {
    const machines: Machine[] = plan.nodes.map((node) => ({
      ...node,
      publicIp: pulumi.output(`198.18.0.${node.index}`),
      generation: pulumi.output(generations[node.name] ?? 'first'),
      resource: new Instance(node.name, parent),
      connection: {
        host: '198.18.0.1',
        user: 'ubuntu',
        privateKey: pulumi.secret('SSH KEY'),
        hostKey: 'ssh-ed25519 AAAA',
      },
    }));
    const certificates = new Certificates(
      'pki',
      {
        topology: plan,
        apiAddress: '198.18.0.10',
        publicIps: {},
        loadBalancer: balancesServices(settings),
      },
      { parent },
    );
    new Bootstrap(
      'lab',
      { topology: plan, config: settings, machines, certificates, ...args },
      { parent },
    );
  };
  const all = await registrations(program, { resource: keys });
  return new Map(
    all.map((resource) => [
      resource.name,
      {
        ...resource,
        dependencies: resource.dependencies.map(nameOf),
        deletedWith: nameOf(resource.deletedWith),
      },
    ]),
  );
}

const nameOf = (title: string): string => title.split(' ')[1] ?? '';

export const commands = (resources: Map<string, Registered>): Registered[] =>
  [...resources.values()].filter(({ type }) => type === 'command:remote:Command');

/** Returns the archive that a command sends, as text. */
export const sent = (command: Registered): string =>
  Buffer.from(bare(command.inputs.stdin), 'base64').toString('latin1');

/** Returns the steps of a command: the lines of the archive's steps.list. */
export function steps(command: Registered): string[] {
  const text = sent(command);
  // A tar header has 512 bytes and begins with the name. The content is padded with zeros.
  return text
    .slice(text.lastIndexOf('steps.list\0') + 512)
    .split('\0')[0]
    .trim()
    .split('\n');
}
