import { textIf } from '../../../util/optional';
import { run } from '../shared/command';
import { markOf, type BalancerNode } from './rules';

/** Priority of the load balancer's routing rules, ahead of the main table. */
export const PRIORITY = 100;

interface RuleRow {
  priority: number;
  fwmark?: string;
  table: string;
}

interface TableRow {
  dst: string;
  gateway?: string;
  dev?: string;
  table?: string;
}

const json = async <T>(args: string[]): Promise<T[]> =>
  JSON.parse((await run('ip', ['-j', '-4', ...args])) || '[]') as T[];

/** Returns the commands of `ip` that make rules and tables as the nodes need them. Pure. */
export function routeCommands(
  nodes: BalancerNode[],
  { rules, routes }: { rules: RuleRow[]; routes: TableRow[] },
): string[] {
  const own = rules.filter(({ priority }) => priority === PRIORITY);
  const wanted = nodes.map(({ privateIp }, index) => ({ privateIp, mark: markOf(index) }));
  const isWanted = ({ fwmark, table }: RuleRow): boolean =>
    wanted.some(({ mark }) => Number(fwmark) === mark && Number(table) === mark);
  return [
    ...own
      .filter((rule) => !isWanted(rule))
      .map(({ fwmark, table }) =>
        `rule del priority ${PRIORITY} ${textIf(fwmark, `fwmark ${fwmark}`)} lookup ${table}`.replace(
          '  ',
          ' ',
        ),
      ),
    ...wanted
      .filter(({ mark }) => !own.some(({ table }) => Number(table) === mark))
      .map(({ mark }) => `rule add priority ${PRIORITY} fwmark ${mark} lookup ${mark}`),
    ...wanted
      .filter(
        ({ mark, privateIp }) =>
          !routes.some((row) => Number(row.table) === mark && row.gateway === privateIp),
      )
      .map(({ mark, privateIp }) => `route replace default via ${privateIp} dev vpc table ${mark}`),
  ];
}

/** Routes packets with a node's mark to that node. Runs inside the router's network namespace. */
export async function ensureRoutes(nodes: BalancerNode[]): Promise<void> {
  const [rules, routes] = await Promise.all([
    json<RuleRow>(['rule', 'show']),
    json<TableRow>(['route', 'show', 'table', 'all']),
  ]);
  const commands = routeCommands(nodes, { rules, routes });
  if (commands.length > 0) await run('ip', ['-batch', '-'], { input: `${commands.join('\n')}\n` });
}
