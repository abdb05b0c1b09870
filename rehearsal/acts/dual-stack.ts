import { type Act } from './act';
import {
  check,
  downLeavesNothing,
  type Stage,
  up,
  upChangesNothing,
  verifies,
  world,
} from './stage';

const DUAL = { ipFamily: 'dual' };

/** Fails unless every instance has an IPv6 address of its subnet, and each worker its own route. */
function hasIpv6(stage: Stage): void {
  const { interfaces, instances, tables } = world();
  const own = instances.map(({ interface: id }) => interfaces.find((one) => one.id === id)!);
  check(
    own.every(({ ip6 }) => ip6),
    `an instance has no IPv6 address: ${JSON.stringify(own)}`,
  );
  const workers = stage.profile === 'small' ? 2 : 3;
  for (const { id, routes } of tables.filter(({ routes }) => routes.length > 0)) {
    const pods = routes.filter(({ destination }) => destination.startsWith('fd00:10:200:'));
    check(pods.length === workers, `${id} has ${pods.length} IPv6 pod routes, not ${workers}`);
  }
}

/** Brings a dual-stack lab up, and makes an IPv4 lab of it. */
async function dualStack(stage: Stage): Promise<void> {
  await up(stage, DUAL);
  hasIpv6(stage);
  await verifies(stage);
  await upChangesNothing(stage, DUAL);
  await up(stage, { ipFamily: 'ipv4' });
  check(!world().vpcs.some(({ cidr6 }) => cidr6), 'the VPC of an IPv4 lab has an IPv6 network');
  await verifies(stage);
  await downLeavesNothing(stage);
}

/** Acts of a dual-stack lab. */
export const dualStackActs: Act[] = [
  {
    name: 'dual-stack',
    title: 'passes the checks of both IP families, and becomes an IPv4 lab again',
    begins: 'with nothing',
    run: dualStack,
  },
];
