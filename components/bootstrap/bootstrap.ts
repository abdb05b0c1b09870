import * as crypto from 'node:crypto';
import type * as command from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import { listOf } from '../../util/optional';
import type { Machine } from '../machine';
import { deliver } from './session';
import { OUTLINE, type Session, stepsOf } from './plan';
import type { BootstrapArgs } from './step';

type Commands = Map<Machine, command.remote.Command>;

/**
 * Turns machines into a cluster over SSH, up to the stage in the config. plan.ts lists the sessions in
 * order. Each step is a folder in steps/, with the files that it places on a node.
 */
export class Bootstrap extends pulumi.ComponentResource {
  /** Digest of all sessions and their machines; known when all of them have succeeded. */
  readonly ready: pulumi.Output<string>;
  /** Every session on every machine, for `dependsOn`. */
  readonly commands: command.remote.Command[];

  constructor(name: string, args: BootstrapArgs, opts?: pulumi.ComponentResourceOptions) {
    super('hardway:lab:Bootstrap', name, {}, opts);
    const done = new Map<string, Commands>();

    for (const session of OUTLINE) {
      const machines = args.machines.filter(
        (machine) => stepsOf(session, machine, args.config.stage).length > 0,
      );
      const here: Commands = new Map();
      done.set(session.name, here);
      for (const machine of machines) here.set(machine, this.run(session, machine, args, done));
    }

    this.commands = [...done.values()].flatMap((commands) => [...commands.values()]);
    this.ready = pulumi
      .all(this.commands.map((each) => each.triggers))
      .apply((triggers) =>
        crypto.createHash('sha256').update(JSON.stringify(triggers)).digest('hex'),
      );
    this.registerOutputs({ ready: this.ready });
  }

  /** Declares one session on one machine, after the sessions that it needs. */
  private run(
    session: Session,
    machine: Machine,
    args: BootstrapArgs,
    done: Map<string, Commands>,
  ): command.remote.Command {
    const before = (name: string, on: Machine): command.remote.Command[] =>
      [done.get(name)!.get(on)].filter((found) => found !== undefined);
    const here = session.after.flatMap((name) => before(name, machine));
    const first = here.length === 0;
    // Logins to a private machine and its downloads go through the gateway. The session private-nodes
    // on the gateway waits for the machine's sshd.
    const gateway: command.remote.Command[] = [];
    if (first && machine.through) gateway.push(...before('private-nodes', machine.through));
    const behind = args.machines.filter(
      (other) => session.name === 'private-nodes' && other.through === machine,
    );
    let login: pulumi.Resource | undefined;
    if (first) login = args.logins?.get(machine.name);
    const everywhere = (session.afterEverywhere ?? []).flatMap((name) => [...done.get(name)!]);
    const others = new Set(everywhere.map(([other]) => other).filter((other) => other !== machine));
    for (const other of behind) others.add(other);
    return deliver(session, machine, args, {
      parent: this,
      dependsOn: [
        machine.resource,
        ...(args.reachable ?? []),
        ...listOf(login),
        ...behind.map((other) => other.resource),
        ...here,
        ...gateway,
        ...everywhere.map(([, each]) => each),
      ],
      also: [...others],
      first,
      answered: login !== undefined || gateway.length > 0,
    });
  }
}
