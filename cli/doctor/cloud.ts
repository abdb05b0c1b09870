import type { LabConfig } from '../../components/config';
import { CloudError } from '../../components/cloud';
import type { Account, CloudOfAccounts, Quota } from '../account/account';
import { type Needs, needsOf, sumOf } from '../account/needs';
import { formatPrice } from '../account/prices';
import { firstOf } from '../account/orphans';
import { fail, type Finding, note, ok, warn } from './finding';

type Judgement = Omit<Finding, 'id' | 'title'>;

const isShort = ({ limit, used, needed }: Quota): boolean =>
  limit !== undefined && used + needed > limit;

/** Returns whether the quotas suffice for labs of profile small. */
async function smallFits(
  account: Account,
  configs: LabConfig[],
  processors: Map<string, number>,
): Promise<boolean> {
  if (configs.every(({ profile }) => profile === 'small')) return false;
  const small = configs.map((config): LabConfig => ({
    ...config,
    profile: 'small',
    controllers: 1,
    workers: Math.min(config.workers, 2),
  }));
  return !(await account.quotas(sumOf(small.map(needsOf)), processors)).some(isShort);
}

function judge(quota: Quota, small: boolean): Judgement {
  const { limit, used, needed, ask } = quota;
  if (limit === undefined)
    return warn(
      `${needed} needed, ${used} in use; these credentials can't read the limit`,
      `see ${ask}`,
    );
  const found = `${needed} needed, ${Math.max(0, limit - used)} of ${limit} free`;
  if (!isShort(quota)) return ok(found);
  return fail(
    found,
    small
      ? `a smaller lab fits: --set profile=small (one controller, two workers, one public address); or ask for more at ${ask}`
      : `ask for more at ${ask}, or remove what uses it`,
  );
}

function types(offered: Map<string, number>, { machines }: Needs, config: LabConfig): Finding[] {
  const place = config.zone || config.region;
  return [...machines].map(([type, count]) => {
    const common = { id: `cloud.type.${type}`, title: `Machine type ${type}` };
    const cores = offered.get(type);
    if (cores === undefined)
      return {
        ...common,
        ...fail(
          `not offered in ${place}`,
          'choose another with --set controllerType=TYPE and --set workerType=TYPE, or another region or zone',
        ),
      };
    return {
      ...common,
      ...ok(
        `${count === 1 ? '1 machine' : `${count} machines`}, of ${cores} ${cores === 1 ? 'processor' : 'processors'} each`,
      ),
    };
  });
}

/**
 * Examines the account that labs of these configs share: credentials, types, quotas and price.
 * Creates nothing.
 */
export async function cloudFindings(account: Account, ...configs: LabConfig[]): Promise<Finding[]> {
  const [config] = configs;
  const needs = sumOf(configs.map(needsOf));
  const cost: Finding = {
    id: 'cloud.price',
    title: 'Price',
    ...ok(formatPrice(config.cloud as CloudOfAccounts, needs)),
  };
  try {
    const who: Finding = {
      id: 'cloud.credentials',
      title: 'Credentials',
      ...ok(await account.who()),
    };
    const offered = await account.processors([...needs.machines.keys()]);
    const machines = types(offered, needs, config);
    if (machines.some(({ status }) => status === 'fail')) return [who, ...machines, cost];
    const quotas = await account.quotas(needs, offered);
    const small = quotas.some(isShort) && (await smallFits(account, configs, offered));
    return [
      who,
      ...machines,
      ...quotas.map((quota) => ({
        id: 'cloud.quota',
        title: `Quota: ${quota.name}`,
        ...judge(quota, small),
      })),
      ...(await account.notes(needs)).map((text) => ({
        id: 'cloud.note',
        title: 'First load balancer',
        ...note(text),
      })),
      cost,
    ];
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return [
      {
        id: 'cloud',
        title: `Account at ${config.cloud.toUpperCase()}`,
        ...fail(error.message, ''),
      },
      cost,
    ];
  }
}

/**
 * Warns about resources with a lab's name in the account. `hasLab`: whether this backend has a lab
 * of that name.
 */
export async function nameFinding(
  account: Account,
  lab: string,
  hasLab: boolean,
): Promise<Finding> {
  const common = { id: 'cloud.name', title: `Resources of a lab named ${lab}` };
  try {
    const remains = await account.remains(lab);
    if (remains.length === 0) return { ...common, ...ok('none') };
    if (hasLab) return { ...common, ...ok(`${remains.length}, of the lab here`) };
    return {
      ...common,
      ...warn(
        `they exist, but no lab here has that name: ${firstOf(remains)}`,
        `take another name, or ./lab down ${lab} where its state is; ./lab audit ${lab} lists them`,
      ),
    };
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return { ...common, ...warn(`could not be asked: ${error.message}`, '') };
  }
}
