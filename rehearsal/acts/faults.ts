import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as ec2 from '@aws-sdk/client-ec2';
import { ENDPOINT } from '../environment';
import { writeDigests } from '../downloads/override';
import type { Act } from './act';
import {
  check,
  failedChecks,
  LAB,
  lastLines,
  pause,
  settings,
  type Stage,
  typeLab,
  up,
  verifies,
  world,
} from './stage';

/** Client of the emulated API. Its calls stand for changes by hand in the console. */
export const client = (): ec2.EC2Client =>
  new ec2.EC2Client({
    region: world().vpcs[0].region,
    endpoint: `http://${ENDPOINT.host}:${ENDPOINT.port}`,
    credentials: { accessKeyId: 'rehearsal', secretAccessKey: 'rehearsal' },
  });

/** Seconds that the data plane has for a change. */
export const SETTLES = 2;

/** Breaks something in the API, expects checks to fail, repairs it with `repair`, and expects all to pass. */
function brokenByHand(fault: {
  name: string;
  title: string;
  /** Checks that must be among the failed ones. */
  fails: string[];
  breaks(client: ec2.EC2Client): Promise<unknown>;
  repair(stage: Stage): Promise<unknown>;
}): Act {
  return {
    name: fault.name,
    title: fault.title,
    begins: 'with a lab',
    async run(stage) {
      await fault.breaks(client());
      await pause(SETTLES);
      const failed = await failedChecks(stage);
      for (const id of fault.fails)
        check(failed.includes(id), `${id} passes; failed: ${failed.join(', ') || 'nothing'}`);
      await fault.repair(stage);
      await pause(SETTLES);
      await verifies(stage);
    },
  };
}

/** The lab's interface with this private address. */
const interfaceOf = (privateIp: string): string =>
  world().interfaces.find((one) => one.privateIp === privateIp)!.id;

const instanceOf = (privateIp: string): string =>
  world().instances.find((one) => one.interface === interfaceOf(privateIp))!.id;

const WORKER_1 = '10.240.0.21';

export const setCheck = (value: boolean): Promise<unknown> =>
  client().send(
    new ec2.ModifyInstanceAttributeCommand({
      InstanceId: instanceOf(WORKER_1),
      SourceDestCheck: { Value: value },
    }),
  );

/** Deletes the routes to a destination from each of the lab's tables. */
export async function deleteRoutes(api: ec2.EC2Client, destination: string): Promise<void> {
  const tables = world().tables.filter(({ routes }) =>
    routes.some((route) => route.destination === destination),
  );
  check(tables.length > 0, `no table has a route to ${destination}`);
  for (const { id } of tables)
    await api.send(
      new ec2.DeleteRouteCommand({ RouteTableId: id, DestinationCidrBlock: destination }),
    );
}

/** Revokes every rule that lets in a protocol from a CIDR. */
async function revoke(api: ec2.EC2Client, protocol: string, cidr: string): Promise<void> {
  const { SecurityGroupRules = [] } = await api.send(new ec2.DescribeSecurityGroupRulesCommand({}));
  const rules = SecurityGroupRules.filter(
    (rule) => !rule.IsEgress && rule.IpProtocol === protocol && rule.CidrIpv4 === cidr,
  );
  check(rules.length > 0, `no rule lets in ${protocol} from ${cidr}`);
  for (const { GroupId, SecurityGroupRuleId } of rules)
    await api.send(
      new ec2.RevokeSecurityGroupIngressCommand({
        GroupId,
        SecurityGroupRuleIds: [SecurityGroupRuleId!],
      }),
    );
}

/** Path of the archive of CNI plugins on the mirror. */
function cniArchive({ published }: Stage): string {
  const found = [...published.keys()].find((name) => /cni-plugins-[^/]*\.tgz$/.test(name));
  check(found !== undefined, 'the mirror has no archive of CNI plugins');
  return found;
}

/** Publishes other bytes for a file, with the digest that fits them, for as long as `work` runs. */
async function withOther(
  stage: Stage,
  { name, content }: { name: string; content: Buffer },
  work: () => Promise<void>,
): Promise<void> {
  const digest = createHash('sha256').update(content).digest('hex');
  const { file } = stage.published.get(name)!;
  stage.downloads.faults.replaced.set(name, content);
  writeDigests(new Map([...stage.published, [name, { file, digest }]]));
  try {
    await work();
  } finally {
    stage.downloads.faults.replaced.delete(name);
    writeDigests(stage.published);
  }
}

/** Runs `./lab up`, which must fail with a message. */
async function upFails(stage: Stage, expected: RegExp): Promise<void> {
  const { code, output } = await typeLab(stage, 'up', LAB, '--yes', ...settings(stage));
  check(code !== 0, 'up succeeds');
  check(expected.test(output), `up does not say ${expected}:\n${lastLines(output, 20)}`);
}

async function wrongLayout(stage: Stage): Promise<void> {
  const name = cniArchive(stage);
  // An empty tar archive: none of the plugins is where the program looks for it.
  const content = gzipSync(Buffer.alloc(10240));
  await withOther(stage, { name, content }, () => upFails(stage, /holds no/));
  await up(stage);
}

async function stalledDownload(stage: Stage): Promise<void> {
  const name = cniArchive(stage);
  const original = fs.readFileSync(stage.published.get(name)!.file);
  // Other bytes of the same archive: nodes have to download it again.
  const content = gzipSync(gunzipSync(original), { level: 2 });
  stage.downloads.faults.stalled.add(name);
  try {
    await withOther(stage, { name, content }, () => upFails(stage, /could not be downloaded/));
  } finally {
    stage.downloads.faults.stalled.delete(name);
  }
  await up(stage);
}

async function missingImage(stage: Stage): Promise<void> {
  const { missingImages } = stage.downloads.faults;
  missingImages.add('docker.io/library/nginx:latest');
  try {
    // A new lab: nodes keep the images that they have.
    await up(stage);
    const failed = await failedChecks(stage);
    check(failed.includes('pod.describe'), `pod.describe passes; failed: ${failed.join(', ')}`);
  } finally {
    missingImages.clear();
  }
  await verifies(stage);
}

/** Faults that must be caught. */
export const faultActs: Act[] = [
  brokenByHand({
    name: 'fault-source-dest-check',
    title: 'catches a source/destination check that is on',
    fails: ['nat.ping', 'nat.off'],
    breaks: () => setCheck(true),
    repair: (stage) => up(stage),
  }),
  brokenByHand({
    name: 'fault-pod-route',
    title: 'catches a missing pod route, and up puts it back',
    fails: ['route.vpc', 'nat.ping'],
    breaks: (api) => deleteRoutes(api, '10.200.1.0/24'),
    repair: (stage) => up(stage),
  }),
  brokenByHand({
    name: 'fault-group-rule',
    title: 'catches a missing rule of a security group, and up puts it back',
    fails: ['nat.off'],
    breaks: (api) => revoke(api, 'icmp', '10.200.0.0/16'),
    repair: (stage) => up(stage),
  }),
  brokenByHand({
    name: 'fault-default-route',
    title: 'catches a missing default route, and up puts it back',
    fails: ['nodes.ping'],
    breaks: (api) => deleteRoutes(api, '0.0.0.0/0'),
    repair: (stage) => up(stage),
  }),
  {
    name: 'fault-image-tag',
    title: 'catches an image tag that does not exist upstream',
    begins: 'with nothing',
    ends: 'with a lab',
    run: missingImage,
  },
  {
    name: 'fault-archive-layout',
    title: 'catches an archive with another layout',
    begins: 'with a lab',
    run: wrongLayout,
  },
  {
    name: 'fault-stalled-download',
    title: 'ends a download that stalls',
    begins: 'with a lab',
    run: stalledDownload,
  },
];
