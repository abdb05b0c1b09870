import { type LabConfig, seriesOf, STAGES } from '../../components/config';
import type { LabOutputs } from '../../components/outputs';
import { usage } from '../errors';
import { labArgument, type LabRef } from '../lab/name';
import { itemsIf, textIf } from '../../util/optional';

type Requested = Pick<
  LabConfig,
  | 'cloud'
  | 'controllers'
  | 'workers'
  | 'stage'
  | 'serviceCidr'
  | 'region'
  | 'zone'
  | 'project'
  | 'controllerType'
  | 'workerType'
>;
type Made = Pick<LabOutputs, 'topology' | 'stage' | 'config'>;

/** A value that the user set, and the value that the lab has. */
interface Change {
  key: string;
  wanted: string | number;
  made: string | number;
  /** Why the lab can't be changed to it. */
  why: string;
}

/**
 * Lists changes that a running cluster can't take: no step removes an etcd member, a node or a
 * service.
 */
function ofCluster(wanted: Requested, { topology, stage }: Made): Change[] {
  const count = (role: string): number =>
    topology.nodes.filter((node) => node.role === role).length;
  const changes: Change[] = [];
  if (wanted.controllers !== count('controller'))
    changes.push({
      key: 'controllers',
      wanted: wanted.controllers,
      made: count('controller'),
      why: "the members of a lab's etcd can't change",
    });
  if (wanted.workers < count('worker'))
    changes.push({
      key: 'workers',
      wanted: wanted.workers,
      made: count('worker'),
      why: 'their number can only grow: a removed worker would stay a node in the API',
    });
  if (STAGES.indexOf(wanted.stage) < STAGES.indexOf(stage))
    changes.push({
      key: 'stage',
      wanted: wanted.stage,
      made: stage,
      why: 'it can only advance: no step can be undone',
    });
  if (stage !== 'none' && wanted.serviceCidr !== topology.serviceCidr)
    changes.push({
      key: 'serviceCidr',
      wanted: wanted.serviceCidr,
      made: topology.serviceCidr,
      why: 'existing services, such as kube-dns, keep their addresses',
    });
  return changes;
}

/** Returns the region of a lab's config; empty for a local lab. On Google Cloud the zone names it: us-west1-c. */
export function placeOf({
  cloud,
  region,
  zone,
}: Pick<Requested, 'cloud' | 'region' | 'zone'>): string {
  if (cloud === 'gcp') return zone.replace(/-[a-z]$/, '');
  return textIf(cloud === 'aws', region);
}

/**
 * Lists changes of region or project: the lab's network and addresses would stay in the old one.
 */
function ofPlace(wanted: Requested, { config: made }: Made): Change[] {
  const why = 'the network and addresses of a lab can not move to another region';
  const regions = { wanted: placeOf(wanted), made: placeOf(made) };
  return [
    ...itemsIf(regions.wanted !== regions.made, { key: 'region', ...regions, why }),
    // Without the key, the project comes from the environment, which is unknown here.
    ...itemsIf(wanted.project && made.project && wanted.project !== made.project, {
      key: 'project',
      wanted: wanted.project,
      made: made.project,
      why: "a project's resources can't be moved to another",
    }),
  ];
}

/**
 * Reports whether an instance type has Arm processors. On AWS, `g` behind the generation stands for
 * Graviton, and a1 is Arm too:
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
 */
function isArm({ cloud }: Pick<Requested, 'cloud'>, machineType: string): boolean {
  if (cloud === 'gcp') return seriesOf(machineType)?.architecture === 'arm64';
  return cloud === 'aws' && /^(a1\.|[a-z]+\d+g)/.test(machineType);
}

/** Lists changes of the processors: a node keeps its image, which is of one architecture. */
const ofProcessors = (wanted: Requested, { config: made }: Made): Change[] =>
  (['controllerType', 'workerType'] as const)
    .filter((key) => isArm(wanted, wanted[key]) !== isArm(made, made[key]))
    .map((key) => ({
      key,
      wanted: wanted[key],
      made: made[key],
      why: 'nodes keep their image, which does not run on processors of another architecture',
    }));

/**
 * Throws one usage Failure that lists every change which a running lab can't take. Call it before
 * anything is written.
 */
export function rejectDowngrade(lab: LabRef, wanted: Requested, made: Made): void {
  const changes = [
    ...ofCluster(wanted, made),
    ...ofPlace(wanted, made),
    ...ofProcessors(wanted, made),
  ];
  if (changes.length === 0) return;
  const lines = changes.map(
    ({ key, wanted: asked, made: has, why }) =>
      `  - ${key}: ${asked} requested, ${has} in use: ${why}`,
  );
  const name = labArgument(lab);
  throw usage(
    `Lab ${lab.stack} is up and can't take these changes; nothing was changed:\n${lines.join('\n')}`,
    `./lab down${name}, then run the same command again`,
  );
}
