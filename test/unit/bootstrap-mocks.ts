import * as pulumi from '@pulumi/pulumi';
import { Bootstrap } from '../../components/bootstrap';
import { Certificates } from '../../components/certificates';
import type { LabConfig } from '../../components/config';
import type { Machine } from '../../components/machine';
import { topology } from '../../components/topology';

/** A resource as the program registered it. */
export interface Registered {
  type: string;
  name: string;
  inputs: Record<string, any>;
  dependencies: string[];
  deletedWith: string;
  secretOutputs: string[];
  timeouts: { create?: string };
}

const SECRET = '4dabf18193072939515e22adb298388d';
export const isSecret = (value: any): boolean => value?.[SECRET] !== undefined;
export const bare = (value: any): any => (isSecret(value) ? value.value : value);

const config: LabConfig = {
  cloud: 'local', controllers: 3, workers: 3, nodeCidr: '10.240.0.0/24', podCidr: '10.200.0.0/16', serviceCidr: '10.32.0.0/24',
  ipMasq: true, proxyMode: 'iptables', stage: 'cluster', adminCidrs: [], nodePortCidrs: [], nodePorts: [30000, 32767],
  apiPort: 6443, mtu: 1500, publicPool: '198.18.0.0/15',
  profile: 'full', region: '', zone: '', project: '', controllerType: '', workerType: '', mirror: '', student: '', expires: '',
};

interface Options {
  config?: Partial<LabConfig>;
  generations?: Record<string, string>;
  args?: object;
}

/** Runs the program against mocks and gives every resource that it registered, by name. */
export async function registered({ config: changes, generations = {}, args = {} }: Options = {}): Promise<Map<string, Registered>> {
  const resources = new Map<string, Registered>();
  pulumi.runtime.setMocks({
    call: () => ({}),
    newResource: ({ name, type, inputs }) => {
      const keys = type.startsWith('hardway:tls') ? { certificate: `certificate ${name}`, publicKey: `public ${name}`, privateKey: `PRIVATE ${name}` } : {};
      return { id: name, state: { ...inputs, ...keys } };
    },
  });
  // What the mocks are not told (dependencies, options), the monitor is.
  const monitor: any = pulumi.runtime.getMonitor();
  const register = monitor.registerResource.bind(monitor);
  const names = (urns: string[]): string[] => urns.map((urn) => urn.split('::').pop()!);
  monitor.registerResource = (request: any, callback: any) => {
    resources.set(request.getName(), {
      type: request.getType(),
      name: request.getName(),
      inputs: request.getObject().toJavaScript(),
      dependencies: names(request.getDependenciesList()),
      deletedWith: names([request.getDeletedwith()])[0],
      secretOutputs: request.getAdditionalsecretoutputsList(),
      timeouts: request.getCustomtimeouts()?.toObject() ?? {},
    });
    return register(request, callback);
  };

  class Instance extends pulumi.CustomResource {
    constructor(name: string) {
      super('test:cloud:Instance', name, {});
    }
  }
  const settings = { ...config, ...changes };
  const plan = topology(settings);
  const machines: Machine[] = plan.nodes.map((node) => ({
    ...node,
    publicIp: pulumi.output(`198.18.0.${node.index}`),
    generation: pulumi.output(generations[node.name] ?? 'first'),
    resource: new Instance(node.name),
    connection: { host: '198.18.0.1', user: 'ubuntu', privateKey: pulumi.secret('SSH KEY'), hostKey: 'ssh-ed25519 AAAA' },
  }));
  const certificates = new Certificates('pki', { topology: plan, apiAddress: '198.18.0.10', publicIps: {} });
  const bootstrap = new Bootstrap('lab', { topology: plan, config: settings, machines, certificates, ...args });
  await settled(bootstrap.ready);
  // The engine may still be told of outputs: the next test's mocks know nothing of this one's resources.
  await pulumi.runtime.disconnect();
  return resources;
}

/** An output that rejects never resolves: better a message than a test that hangs. */
function settled<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the output never resolved')), 4000);
    output.apply((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

export const commands = (resources: Map<string, Registered>): Registered[] => [...resources.values()].filter(({ type }) => type === 'command:remote:Command');

/** The text of all that a command sends. */
export const sent = (command: Registered): string => Buffer.from(bare(command.inputs.stdin), 'base64').toString('latin1');

/** The steps that a command takes its machine through: the lines of the archive's steps.list. */
export function steps(command: Registered): string[] {
  const text = sent(command);
  // A tar header is 512 bytes and begins with the name; the content follows, filled up with zeros.
  return text.slice(text.lastIndexOf('steps.list\0') + 512).split('\0')[0].trim().split('\n');
}
