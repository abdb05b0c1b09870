import * as fs from 'node:fs';
import * as path from 'node:path';
import type * as pulumi from '@pulumi/pulumi';
import type { Certificates } from '../pki/certificates';
import type { LabConfig } from '../config';
import type { Machine } from '../machine';
import { root } from '../../util/repo-root';
import type { Stage } from '../config/stage';
import type { Node, Topology } from '../topology';
import { render } from './render';

/** A program that a node downloads, where nothing is mounted at /opt/artifacts. */
export interface Download {
  /** As the nodes call it: `etcd`, `containerd-shim-runc-v2`, `host-local`. */
  name: string;
  /** As Debian calls it; a node takes what is for its own. */
  architecture: string;
  url: string;
  /** SHA-256 of what the address gives (the archive, where it is one), hexadecimal; or the address where it is published. */
  digest: string;
  /** The program's path inside the tar archive; none when the address gives the program itself. */
  member?: string;
}

/** What bootstrap needs to know. The cloud shows in none of it. */
export interface BootstrapArgs {
  topology: Topology;
  config: LabConfig;
  machines: Machine[];
  /** What must be there before anybody can log in to a machine: gateway, routes, rules. */
  reachable?: pulumi.Resource[];
  /** Waits for the sshd of public machines, by machine name; without one, the first session itself dials until it answers. */
  logins?: Map<string, pulumi.Resource>;
  certificates: Certificates;
  /** `http://ADDRESS:PORT` of a registry that stands for all registries; none where nodes reach the real ones. */
  imageMirror?: pulumi.Input<string>;
  /** The lab may lose its data in a power cut: etcd needn't wait for the disk. */
  disposable?: boolean;
  /** Where each program comes from, where nothing is mounted at /opt/artifacts. */
  downloads?: Download[];
  /** Who answers names outside the cluster; none where nodes have no way out. */
  upstreamResolvers?: string[];
  /** Rule of chain FORWARD that keeps pods from the metadata server; unset if the cloud itself does. */
  metadataWall?: string;
}

/** A file of a step. */
export interface StepFile {
  /** Where it lies on the node. */
  path: string;
  mode: number;
  content: pulumi.Input<string>;
}

/** One thing that bootstrap does, on every machine that `on` names. plan.ts says when. */
export interface Step {
  name: string;
  /** What is so when it is done, in a sentence. */
  description: string;
  on: 'all' | Node['role'] | 'first controller' | 'gateway';
  /** The first stage that has it. */
  stage: Stage;
  /** Whether its files hold private keys. */
  secret?: boolean;
  /**
   * Its files, besides steps/NAME/NAME.sh, the step's script, if there is one.
   * steps/NAME/objects.sh, if there is one, tells what of the step's work in the cluster is not as it was; status.sh runs it.
   * steps/NAME/prepare.sh, if there is one, runs first, among the files to be placed: it fills in what only the node knows.
   */
  files(node: Node, lab: BootstrapArgs): StepFile[];
  /** Services that run when it is done; started again when a file of the step has changed. */
  units?: string[];
}

const sources = path.join(root, 'components/bootstrap/steps');

/** The text of a file under components/bootstrap/steps/, or undefined if there is none. */
export function source(name: string): string | undefined {
  const file = path.join(sources, name);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined;
}

/** The text of a file under components/bootstrap/steps/, its placeholders filled in. Throws if there is none. */
export function template(
  name: string,
  values: Record<string, string | number | boolean> = {},
): string {
  const text = source(name);
  if (text === undefined) throw new Error(`components/bootstrap/steps/${name} is missing`);
  return render(name, text, values);
}

/** A file that anybody on the node may read. */
export const plain = (path: string, content: pulumi.Input<string>): StepFile => ({
  path,
  mode: 0o644,
  content,
});

/** A file that only root may read. */
export const confidential = (path: string, content: pulumi.Input<string>): StepFile => ({
  path,
  mode: 0o600,
  content,
});

/** A program that anybody on the node may run. Its text is taken as it is: scripts are no templates. */
export function script(path: string, name: string): StepFile {
  const content = source(name);
  if (content === undefined) throw new Error(`components/bootstrap/steps/${name} is missing`);
  return { path, mode: 0o755, content };
}

/** The controllers of a lab, in order. */
export const controllers = (topology: Topology): Node[] =>
  topology.nodes.filter((node) => node.role === 'controller');

/** The workers of a lab, in order. */
export const workers = (topology: Topology): Node[] =>
  topology.nodes.filter((node) => node.role === 'worker');
