import * as fs from 'node:fs';
import * as path from 'node:path';
import type * as pulumi from '@pulumi/pulumi';
import { listOf } from '../../util/optional';
import type { Certificates } from '../pki/certificates';
import type { LabConfig, Stage } from '../config';
import type { Machine } from '../machine';
import { root } from '../../util/repo-root';
import type { Node, Topology } from '../topology';
import { render } from '../../util/render';

/** A program that a node downloads because /opt/artifacts does not have it. */
export interface Download {
  /** Name on the nodes, for example `etcd` or `containerd-shim-runc-v2`. */
  name: string;
  /** Debian's name of the architecture, for example `amd64`. A node downloads only its own. */
  architecture: string;
  /** For example `https://dl.k8s.io/v1.34.1/bin/linux/amd64/kubelet`. */
  url: string;
  /** SHA-256 of the download (program or archive), hexadecimal; or the URL that publishes it. */
  digest: string;
  /** Path of the program in the tar archive; unset if the download is the program itself. */
  member?: string;
}

/** Input of bootstrap. It is independent of the cloud. */
export interface BootstrapArgs {
  topology: Topology;
  config: LabConfig;
  machines: Machine[];
  /** Resources that must exist before the first login: gateway, routes, rules. */
  reachable?: pulumi.Resource[];
  /** Waits for the sshd of public machines, by machine name. Unset: the first session retries its login. */
  logins?: Map<string, pulumi.Resource>;
  certificates: Certificates;
  /** `http://ADDRESS:PORT` of a registry that replaces all registries; unset: nodes use the real ones. */
  imageMirror?: pulumi.Input<string>;
  /** Whether the lab may lose its data in a power cut, so that etcd skips `fsync`. Default: false. */
  disposable?: boolean;
  /** Sources of the programs that /opt/artifacts lacks. */
  downloads?: Download[];
  /** Resolvers of names outside the cluster; unset if nodes cannot reach the internet. */
  upstreamResolvers?: string[];
  /** Rule of chain FORWARD that keeps pods from the metadata server; unset if the cloud itself does. */
  metadataWall?: string;
  /** Rule of ip6tables that does so for IPv6; unset unless the lab is dual-stack. */
  metadataWall6?: string;
  /** Services with a balancer of the cloud, and the balancers' addresses. Default: none. */
  serviceAddresses?: { service: string; address: pulumi.Input<string> }[];
}

/** A file of a step. */
export interface StepFile {
  /** Absolute path on the node. */
  path: string;
  /** Permission bits, for example 0o644. */
  mode: number;
  content: pulumi.Input<string>;
}

/** One step of bootstrap. plan.ts defines the order of all steps. */
export interface Step {
  /** Name of the step and of its folder, for example `etcd`. */
  name: string;
  /** State of the machine after the step, as a sentence. */
  description: string;
  /** Machines that run the step. */
  on: 'all' | Node['role'] | 'first controller' | 'gateway';
  /** First stage that includes the step. */
  stage: Stage;
  /** Whether the step's files hold private keys. Default: false. */
  secret?: boolean;
  /**
   * Returns the files that the step places. Three optional scripts in the step's folder are added:
   * `NAME.sh` is the step itself. `objects.sh` prints the drift of the step's cluster objects, for
   * status.sh. `prepare.sh` runs before the files are placed, and fills in values of the node.
   */
  files(node: Node, lab: BootstrapArgs): StepFile[];
  /** Services that run after the step. They restart when a file of the step has changed. */
  units?: string[];
}

const sources = path.join(root, 'components/bootstrap/steps');

/** Returns the text of a file in components/bootstrap/steps/; `undefined` if it does not exist. */
export function source(name: string): string | undefined {
  const file = path.join(sources, name);
  if (fs.existsSync(file)) return fs.readFileSync(file, 'utf8');
  return undefined;
}

/** Renders a file in components/bootstrap/steps/. Throws an Error if it does not exist. */
export function template(
  name: string,
  values: Record<string, string | number | boolean> = {},
): string {
  const text = source(name);
  if (text === undefined) throw new Error(`components/bootstrap/steps/${name} is missing`);
  return render(name, text, values);
}

/** Returns a file that every user of the node may read. */
export const plain = (path: string, content: pulumi.Input<string>): StepFile => ({
  path,
  mode: 0o644,
  content,
});

/** Returns a file that only root may read. */
export const confidential = (path: string, content: pulumi.Input<string>): StepFile => ({
  path,
  mode: 0o600,
  content,
});

/** Returns a script that every user of the node may run. Scripts are not templates. */
export function script(path: string, name: string): StepFile {
  const content = source(name);
  if (content === undefined) throw new Error(`components/bootstrap/steps/${name} is missing`);
  return { path, mode: 0o755, content };
}

/** Joins the values of both families with a comma, as Kubernetes' flags take them. */
export const bothFamilies = (ipv4: string, ipv6: string | undefined): string =>
  [ipv4, ...listOf(ipv6)].join(',');

/** Lists the controllers of a lab, in order. */
export const controllers = (topology: Topology): Node[] =>
  topology.nodes.filter((node) => node.role === 'controller');

/** Lists the workers of a lab, in order. */
export const workers = (topology: Topology): Node[] =>
  topology.nodes.filter((node) => node.role === 'worker');
