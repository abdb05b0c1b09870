import * as command from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
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

/** A step with everything it sends to a node. */
function placed(step: Step, node: Node, lab: BootstrapArgs): pulumi.Output<PlacedStep> {
  const own = (directory: string, name: string): StepFile[] =>
    source(`${step.name}/${name}`) === undefined
      ? []
      : [script(`/opt/hardway/${directory}/${step.name}.sh`, `${step.name}/${name}`)];
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

/** All that a machine is sent in one login, to go through these steps. */
export const payload = (steps: Step[], node: Node, lab: BootstrapArgs): pulumi.Output<Payload> =>
  pulumi
    .all(steps.map((step) => placed(step, node, lab)))
    .apply((all) => pack(template('../place.sh'), all));

interface DeliveryOptions {
  parent: pulumi.Resource;
  dependsOn: pulumi.Resource[];
  /** Other machines that the session asks: it runs again if one of them is replaced. */
  also: Machine[];
  /** No session has logged in to the machine before. */
  first: boolean;
  /** Another resource has seen the machine's sshd answer, before this session. */
  answered: boolean;
}

/**
 * Limits of a session's dialling. The default gives up after about eleven seconds. A first session waits for its
 * machine to boot: for as long as the resource's timeout on the host, where machines boot in seconds; for about
 * five minutes where sshd has answered already, so that a key that is refused is reported as such.
 * Through a proxy the plugin dials the channel once and repeats only the handshake, on a connection that the first
 * failure has closed (v1.2.1, connection.go): more attempts are of no use, and the gateway has waited before.
 */
function patience(
  machine: Machine,
  { first, answered }: DeliveryOptions,
): { dialErrorLimit?: number; perDialTimeout?: number } {
  if (!first || machine.through) return {};
  return { dialErrorLimit: answered ? 60 : -1, perDialTimeout: 5 };
}

/**
 * Declares a session on a machine as a Pulumi resource. It runs when it is new, when the machine or one of `also` is
 * replaced (their generations), and when anything that it sends has changed.
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
  const archive = sent.apply((known) => known.archive);
  const digest = sent.apply((known) => known.digest);
  return new command.remote.Command(
    commandName(session.name, machine.name),
    {
      create: RECEIVE,
      stdin: secret ? pulumi.secret(archive) : archive,
      // A digest of a key tells nothing of it, and as a secret it would hide why a session runs again.
      triggers: [
        machine.generation,
        ...options.also.map((other) => other.generation),
        pulumi.unsecret(digest),
      ],
      connection: { ...machine.connection, ...patience(machine, options) },
      logging: secret
        ? command.types.enums.remote.Logging.None
        : command.types.enums.remote.Logging.StdoutAndStderr,
      // It would need AcceptEnv on the server.
      addPreviousOutputInEnv: false,
    },
    {
      parent: options.parent,
      dependsOn: options.dependsOn,
      // There is nothing to undo on a machine that goes, nor may a dead one block destroy.
      deletedWith: machine.resource,
      customTimeouts: { create: RESOURCE_TIMEOUT, update: RESOURCE_TIMEOUT },
      additionalSecretOutputs: secret ? ['stdout', 'stderr'] : [],
    },
  );
}
