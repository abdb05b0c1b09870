import * as pulumi from '@pulumi/pulumi';
import type { Lab } from '../../../../components/lab';
import { bare, isSecret, keys, type Registered, registrations } from '../../../support/mocks';
import { labOn, type Made } from '../../../support/aws-graph';
import { steps } from '../../../support/bootstrap-graph';
import { each } from '../../../support/each';

const commandsOf = (lab: Made): Registered[] => lab.every('Command');

/** A value of an output, secret or not; rejects rather than hang. */
const valueOf = (output: pulumi.Input<unknown>): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('never resolved')), 5000);
    (pulumi.output(output) as pulumi.Output<unknown>).apply((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });

describe('a lab on AWS', () => {
  let lab: Made;
  let outputs: Lab['outputs'];
  beforeAll(async () => {
    ({ made: lab, outputs } = await labOn());
  }, 30_000);

  test('logs in to a machine only after gateway, routes and rules exist', () => {
    const before = [
      ...['InternetGateway', 'Route', 'RouteTableAssociation'].flatMap((type) => lab.every(type)),
      ...lab
        .every('SecurityGroupIngressRule')
        .filter(({ inputs }) => inputs.securityGroupId !== 'balancer-id'),
    ];
    expect(before.length).toBe(16);
    each(commandsOf(lab), (command) => {
      const machine = lab.of('Instance', command.name.split('@')[1]);
      each([machine, ...before], (earlier) =>
        expect([command.name, earlier.name, lab.comesAfter(command, earlier)]).toEqual([
          command.name,
          earlier.name,
          true,
        ]),
      );
    });
  });

  test('bootstraps without waiting for the load balancer', () => {
    each(commandsOf(lab), (command) =>
      expect(lab.comesAfter(command, lab.of('LoadBalancer', 'api'))).toBe(false),
    );
  });

  test('repeats every session with a new machine, and undoes none on delete', () => {
    each(commandsOf(lab), ({ name, inputs, deletedWith }) => {
      const machine = name.split('@')[1];
      expect(deletedWith).toBe(`aws:ec2/instance:Instance ${machine}`);
      expect(inputs.triggers[0]).toBe(`i-${machine}`);
      expect(inputs.delete).toBeUndefined();
    });
  });

  test('pins every machine’s host key before the first login, and keeps keys secret', () => {
    each(commandsOf(lab), ({ name, inputs }) => {
      const machine = name.split('@')[1];
      expect(isSecret(inputs.connection)).toBe(true);
      expect(bare(inputs.connection)).toMatchObject({
        host: `public of ${machine}`,
        user: 'ubuntu',
        hostKey: `public ${machine}-host-key`,
        privateKey: 'PRIVATE ssh-key',
      });
    });
    each(lab.all, ({ inputs, name }) => {
      const open = JSON.stringify(inputs, (_, value) => (isSecret(value) ? 'secret' : value));
      expect([name, /PRIVATE/.test(open)]).toEqual([name, false]);
    });
  });

  test('outputs the nodes as the article lists them, and keys as secrets', async () => {
    expect(await valueOf(outputs.nodes)).toEqual(
      lab.plan.nodes.map(({ name, privateIp }) => ({
        name,
        privateIp,
        publicIp: `public of ${name}`,
      })),
    );
    expect(await valueOf(outputs.apiServer)).toBe('https://203.0.113.100:6443');
    expect(await valueOf(outputs.nodePortUrl)).toBe('http://public of worker-0:31088');
    expect(await valueOf(outputs.knownHosts)).toContain(
      'public of worker-2 public worker-2-host-key\n',
    );
    for (const output of [outputs.kubeconfig, outputs.sshPrivateKey])
      expect(await pulumi.isSecret(pulumi.output(output))).toBe(true);
    expect(await valueOf(outputs.kubeconfig)).toContain('server: https://203.0.113.100:6443');
  });

  test('tags its VPC and its instances with the expiry in the state', () => {
    expect(lab.of('Deadline', 'expires').inputs.after).toBe('8h');
    each([lab.of('Vpc', 'vpc'), ...lab.every('Instance')], (resource) =>
      expect(resource.dependencies).toContain('hardway:time:Deadline expires'),
    );
  });

  test('tags every resource with the id in the state', () => {
    const { tags } = JSON.parse(lab.of('aws', 'aws').inputs.defaultTags);
    expect(tags).toEqual({
      'hardway-lab': 'aws-s01',
      'hardway-state': '0a1b2c3d',
      student: 'aws-s01',
    });
    expect(lab.of('aws', 'aws').dependencies).toContain('hardway:index:LabId state');
  });

  test('lets nodes download verified programs, and use Amazon’s resolver', () => {
    const text = (name: string): string =>
      Buffer.from(bare(lab.of('Command', name).inputs.stdin), 'base64').toString('latin1');
    expect(text('machine@worker-0')).toMatch(
      /^kubelet \/usr\/local\/bin amd64 https:\/\/dl\.k8s\.io\/release\/\S+\/amd64\/kubelet [0-9a-f]{64} -$/m,
    );
    expect(text('machine@worker-0')).toMatch(
      /^kube-proxy \/usr\/local\/bin arm64 https:\/\/dl\.k8s\.io\S+ https:\/\/dl\.k8s\.io\S+\.sha256 -$/m,
    );
    expect(text('machine@worker-0')).not.toMatch(/ - - - -$/m);
    expect(text('machine@controller-1')).not.toMatch(/ - - - -$/m);
    expect(text('machine@worker-0')).toContain('"mtu": 9001,');
    expect(text('machine@worker-0')).toContain('nameserver 169.254.169.253\n');
  });
});

describe('a lab on AWS in profile small', () => {
  let lab: Made;
  let outputs: Lab['outputs'];
  beforeAll(async () => {
    ({ made: lab, outputs } = await labOn({
      profile: 'small',
      mirror: 'https://mirror.example/files/',
    }));
  }, 30_000);

  test('reaches the workers through the controller, with pinned host keys', () => {
    const { connection } = lab.of('Command', 'machine@worker-1').inputs;
    expect(bare(connection)).toMatchObject({
      host: '10.240.0.21',
      hostKey: 'public worker-1-host-key',
      proxy: {
        host: '203.0.113.100',
        user: 'ubuntu',
        hostKey: 'public controller-0-host-key',
        privateKey: 'PRIVATE ssh-key',
      },
    });
    expect(bare(lab.of('Command', 'machine@controller-0').inputs.connection)).toMatchObject({
      host: '203.0.113.100',
    });
    expect(bare(lab.of('Command', 'machine@controller-0').inputs.connection).proxy).toBeUndefined();
  });

  test('begins with workers when the gateway forwards, and before its downloads end', () => {
    expect(steps(lab.of('Command', 'gateway@controller-0'))).toEqual(['ready', 'gateway']);
    expect(steps(lab.of('Command', 'machine@controller-0')).slice(0, 2)).toEqual([
      'ready',
      'artifacts',
    ]);
    expect(steps(lab.of('Command', 'machine@worker-0')).slice(0, 3)).toEqual([
      'ready',
      'artifacts',
      'cni',
    ]);
    const sessionsBefore = (name: string): string[] =>
      lab
        .of('Command', name)
        .dependencies.filter((title) => title.startsWith('command:'))
        .map((title) => title.split(' ')[1]);
    expect(sessionsBefore('machine@controller-0')).toEqual(['gateway@controller-0']);
    expect(sessionsBefore('machine@worker-0')).toEqual(['private-nodes@controller-0']);
    expect(sessionsBefore('machine@worker-1')).toEqual(['private-nodes@controller-0']);
    expect(sessionsBefore('private-nodes@controller-0')).toEqual(['gateway@controller-0']);
    each(commandsOf(lab), (command) =>
      expect(lab.comesAfter(command, lab.of('EipAssociation', 'api'))).toBe(true),
    );
  });

  test('begins with a worker only after the gateway has seen both workers’ instances answer', () => {
    const waiting = lab.of('Command', 'private-nodes@controller-0');
    expect(steps(waiting)).toEqual(['private-nodes']);
    each(['worker-0', 'worker-1'], (worker) => {
      expect(waiting.dependencies).toContain(`aws:ec2/instance:Instance ${worker}`);
      expect(lab.comesAfter(lab.of('Command', `machine@${worker}`), waiting)).toBe(true);
    });
    // A replaced worker is waited for again: its generation is among the triggers.
    expect(waiting.inputs.triggers).toHaveLength(4);
  });

  test('retries the first login to each node for minutes, and to the gateway on the way', () => {
    const limits = commandsOf(lab).map(({ name, inputs }) => {
      const { dialErrorLimit, proxy } = bare(inputs.connection);
      return [name, dialErrorLimit, proxy?.dialErrorLimit];
    });
    expect(limits.filter(([, own, proxy]) => own !== 10 || (proxy ?? 10) !== 10)).toEqual([
      ['gateway@controller-0', 60, undefined],
      ['machine@worker-0', 60, 60],
      ['machine@worker-1', 60, 60],
    ]);
  });

  test('deletes each route and rule by a call: AWS refuses to create one twice', () => {
    const routes = lab.every('Route');
    const rules = ['SecurityGroupIngressRule', 'SecurityGroupEgressRule'].flatMap((kind) =>
      lab.every(kind),
    );
    expect(routes.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'default-route-controllers',
        'default-route-workers',
        'pod-route-worker-0-workers',
      ]),
    );
    expect(rules.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['allow-out', 'allow-ssh-from-198.51.100.0/24']),
    );
    expect([...routes, ...rules].filter(({ deletedWith }) => deletedWith)).toEqual([]);
  });

  test('waits for the public node’s login, and then for the API', () => {
    const waits = lab.every('Reachable').map(({ name }) => name);
    expect(waits.sort()).toEqual(['api-answer', 'controller-0-login']);
  });

  test('forwards NodePorts to a worker, and masquerades outgoing packets', () => {
    const text = Buffer.from(
      bare(lab.of('Command', 'gateway@controller-0').inputs.stdin),
      'base64',
    ).toString('latin1');
    expect(text).toContain(
      'ip saddr != { 10.240.0.0/24, 10.200.0.0/16 } ip daddr 10.240.0.10 tcp dport 30000-32767 dnat to 10.240.0.20\n',
    );
    expect(text).toContain(
      'ip saddr { 10.240.0.0/24, 10.200.0.0/16 } ip daddr != { 10.240.0.0/24, 10.200.0.0/16 } masquerade\n',
    );
  });

  test('outputs one public address, for the API and NodePorts', async () => {
    expect(await valueOf(outputs.nodes)).toEqual([
      { name: 'controller-0', privateIp: '10.240.0.10', publicIp: '203.0.113.100' },
      { name: 'worker-0', privateIp: '10.240.0.20', publicIp: '' },
      { name: 'worker-1', privateIp: '10.240.0.21', publicIp: '' },
    ]);
    expect(await valueOf(outputs.nodePortUrl)).toBe('http://203.0.113.100:31088');
    expect(await valueOf(outputs.knownHosts)).toContain('\n10.240.0.21 public worker-1-host-key\n');
  });

  test('lets nodes download from the config’s mirror', () => {
    const text = Buffer.from(
      bare(lab.of('Command', 'machine@worker-0').inputs.stdin),
      'base64',
    ).toString('latin1');
    expect(text).toMatch(/ https:\/\/mirror\.example\/files\/dl\.k8s\.io\/release\/\S+\/kubelet /);
    expect(text).not.toMatch(/ https:\/\/(dl\.k8s\.io|github\.com)/);
  });
});

test('the mocks reject a resource that is created in an apply', async () => {
  class Thing extends pulumi.CustomResource {
    constructor(name: string, parent: pulumi.Resource) {
      super('test:test:Thing', name, {}, { parent });
    }
  }
  const program = (parent: pulumi.Resource): void =>
    void new Thing('one', parent).id.apply(() => new Thing('two', parent));
  await expect(registrations(program, { resource: keys })).rejects.toThrow(
    'made in an apply: test:test:Thing two',
  );
});
