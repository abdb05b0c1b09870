import * as command from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import type { Machine } from '../machine';
import type { Node } from '../topology';
import { type Session, commandName, stepsOf } from './plan';
import { type Payload, type PlacedStep, pack } from './payload';
import { type BootstrapArgs, type Step, type StepFile, script, source, template } from './step';

/** The same text for all machines and without any secret, as error messages show it. What it installs comes on standard input. */
export const RECEIVE =
  'sudo bash -c \'set -eu; umask 077; staging=$(mktemp -d /run/hardway.XXXXXXXX); trap "rm -rf $staging" EXIT; ' +
  'base64 -d | tar -xp -C "$staging"; bash "$staging/place.sh" "$staging"\'';

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

/**
 * A session on a machine, as a Pulumi resource. It runs when it is new, when the machine or one of `also` is another one
 * (their generations), and when anything that it sends has changed. `first`: nobody has logged in to the machine before.
 */
export function deliver(
  session: Session,
  machine: Machine,
  lab: BootstrapArgs,
  options: {
    parent: pulumi.Resource;
    dependsOn: pulumi.Resource[];
    also: Machine[];
    first: boolean;
  },
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
      // The default gives up on a machine that boots after some eleven seconds; only the first session has to wait for it.
      connection: {
        ...machine.connection,
        ...(options.first ? { dialErrorLimit: -1, perDialTimeout: 5 } : {}),
      },
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
      customTimeouts: { create: '15m', update: '15m' },
      additionalSecretOutputs: secret ? ['stdout', 'stderr'] : [],
    },
  );
}
