import * as command from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import { itemsIf } from '../../util/optional';
import type { Machine } from '../machine';
import type { Node } from '../topology';
import { type Session, commandName, stepsOf } from './plan';
import { type Payload, type PlacedStep, pack } from './payload';
import { type BootstrapArgs, type Step, type StepFile, script, source, template } from './step';

/**
 * Seconds that a session's steps may take together. place.sh ends them then and names the step that stalled:
 * @pulumi/command itself limits only the dialling (v1.2.1, commandOutputs.go), not the command.
 */
export const SESSION_SECONDS = 780;

/** Seconds for receiving the archive and for the steps; below the resource's own timeout, which includes dialling. */
const RECEIVE_SECONDS = SESSION_SECONDS + 45;

const RESOURCE_TIMEOUT = '15m';

/**
 * Command text of every session: the same for all nodes and without secrets, because error messages show it.
 * The archive to install arrives on standard input.
 */
export const RECEIVE =
  `sudo timeout --kill-after=10 ${RECEIVE_SECONDS} bash -c 'set -eu; umask 077; ` +
  'staging=$(mktemp -d /run/hardway.XXXXXXXX); trap "rm -rf $staging" EXIT; ' +
  `base64 -d | tar -xp -C "$staging"; bash "$staging/place.sh" "$staging" ${SESSION_SECONDS}'`;

/** Returns a step with all files that it sends to a node. */
function placed(step: Step, node: Node, lab: BootstrapArgs): pulumi.Output<PlacedStep> {
  const own = (directory: string, name: string): StepFile[] => {
    if (source(`${step.name}/${name}`) === undefined) return [];
    return [script(`/opt/hardway/${directory}/${step.name}.sh`, `${step.name}/${name}`)];
  };
  const files: StepFile[] = [
    ...step.files(node, lab),
    ...own('steps', `${step.name}.sh`),
    ...own('objects', 'objects.sh'),
  ];
  return pulumi.all(files.map((file) => file.content)).apply((contents) => ({
    name: step.name,
    units: step.units ?? [],
    prepare: source(`${step.name}/prepare.sh`),
    files: files.map(({ path, mode }, index) => ({ path, mode, content: contents[index] })),
  }));
}

/** Returns the data that a session with these steps sends to a machine. */
export const payload = (steps: Step[], node: Node, lab: BootstrapArgs): pulumi.Output<Payload> =>
  pulumi
    .all(steps.map((step) => placed(step, node, lab)))
    .apply((all) => pack(template('../place.sh'), all));

interface DeliveryOptions {
  parent: pulumi.Resource;
  dependsOn: pulumi.Resource[];
  /**
   * Other machines with a session that this session needs, or that it connects to. If one of them is
   * replaced, the session runs again.
   */
  also: Machine[];
  /** Whether this is the machine's first session. */
  first: boolean;
  /** Whether another resource has waited for the machine's sshd before this session. */
  answered: boolean;
}

/**
 * Returns the limits of a session's attempts to connect. The default ends after about 11 seconds. A
 * first session waits until its machine has booted. In a local lab, no resource waits for sshd
 * before, so the session retries until its own timeout. If sshd has answered already, the session
 * retries for about five minutes. Then it fails, and the message says that the key was refused.
 */
function patience({ first, answered }: DeliveryOptions): {
  dialErrorLimit?: number;
  perDialTimeout?: number;
} {
  if (!first) return {};
  if (answered) return { dialErrorLimit: 60, perDialTimeout: 5 };
  return { dialErrorLimit: -1, perDialTimeout: 5 };
}

/**
 * Returns a session's connection. A gateway on its way has the same limits as the machine: the
 * plugin dials it first. The official plugin (1.2.1) then opens one channel through it and repeats
 * the handshake on that channel. Retries help only while the gateway itself is not reachable.
 */
function connectionOf(machine: Machine, options: DeliveryOptions): Machine['connection'] {
  const limits = patience(options);
  const { proxy, ...own } = machine.connection;
  if (!proxy) return { ...own, ...limits };
  return { ...own, ...limits, proxy: { ...proxy, ...limits } };
}

/**
 * Declares a session on a machine as a Pulumi resource. It runs when it is new, when the machine or
 * one of `also` is replaced (a new generation), and when the data that it sends has changed.
 */
export function deliver(
  session: Session,
  machine: Machine,
  lab: BootstrapArgs,
  options: DeliveryOptions,
): command.remote.Command {
  const steps = stepsOf(session, machine, lab.config.stage);
  const secret = steps.some((step) => step.secret);
  const sent = payload(steps, machine, lab);
  const { Logging } = command.types.enums.remote;
  let archive = sent.apply((known) => known.archive);
  let logging: command.types.enums.remote.Logging = Logging.StdoutAndStderr;
  if (secret) {
    archive = pulumi.secret(archive);
    logging = Logging.None;
  }
  const digest = sent.apply((known) => known.digest);
  return new command.remote.Command(
    commandName(session.name, machine.name),
    {
      create: RECEIVE,
      stdin: archive,
      // A digest does not reveal a key. As a secret it would hide the reason for another run.
      triggers: [
        machine.generation,
        ...options.also.map((other) => other.generation),
        pulumi.unsecret(digest),
      ],
      connection: connectionOf(machine, options),
      logging,
      // The environment would need AcceptEnv on the server.
      addPreviousOutputInEnv: false,
    },
    {
      parent: options.parent,
      dependsOn: options.dependsOn,
      // A deleted machine needs no cleanup, and a dead machine must not block destroy.
      deletedWith: machine.resource,
      customTimeouts: { create: RESOURCE_TIMEOUT, update: RESOURCE_TIMEOUT },
      additionalSecretOutputs: itemsIf(secret, 'stdout', 'stderr'),
    },
  );
}
