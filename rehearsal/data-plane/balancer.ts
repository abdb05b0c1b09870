import * as fs from 'node:fs';
import * as path from 'node:path';
import { attemptIn } from '../../provider/local/shared/command';
import { startDaemon, stopDaemon } from '../../provider/local/shared/daemon';
import { labDirectory, namespaceOf } from '../../provider/local/shared/names';
import { itemsIf, textIf } from '../../util/optional';
import { poll } from '../../util/poll';
import type { Balancer, Targets, World } from './world';

const place = (vpc: string, id: string, file: string): string =>
  path.join(labDirectory(vpc), 'balancers', id, file);

function check({ health }: Targets): string {
  const often = `inter ${health.interval}s fastinter 2s downinter 2s rise ${health.healthy} fall ${health.unhealthy}`;
  const port = textIf(health.port !== 'traffic-port', ` port ${health.port}`);
  const tls = textIf(health.protocol === 'HTTPS', ' check-ssl verify none');
  return `check${tls}${port} ${often}`;
}

/**
 * Renders HAProxy's configuration. Like AWS's balancer it sends nothing to a target that fails its health check, and
 * connections come from the balancer's own address.
 */
export function configuration(balancer: Balancer, address: string, world: World): string {
  const addressOf = (instance: string): string | undefined => {
    const found = world.instances.find(({ id }) => id === instance);
    return world.interfaces.find(({ id }) => id === found?.interface)?.privateIp;
  };
  const sections = balancer.listeners.flatMap(({ port, targets }) => {
    if (!targets || targets.preserveClientIp) return [];
    const servers = targets.instances.flatMap(({ id, port: target }) => {
      const ip = addressOf(id);
      return itemsIf(ip, `    server ${id} ${ip}:${target} ${check(targets)}`);
    });
    const http = itemsIf(
      targets.health.protocol.startsWith('HTTP'),
      `    option httpchk GET ${targets.health.path ?? '/'}`,
      '    http-check expect status 200',
    );
    return [`listen port-${port}`, `    bind ${address}:${port}`, ...http, ...servers];
  });
  return [
    'global',
    '    maxconn 512',
    'defaults',
    '    mode tcp',
    '    timeout connect 5s',
    '    timeout client 350s',
    '    timeout server 350s',
    ...sections,
    '',
  ].join('\n');
}

/** Starts the balancer's process in its namespace, in place of an earlier one. */
export async function startBalancer(vpc: string, id: string, text: string): Promise<void> {
  await stopBalancer(vpc, id);
  if (!text.includes('listen ')) return;
  const file = place(vpc, id, 'haproxy.cfg');
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  fs.writeFileSync(file, text);
  const [pid, log] = [place(vpc, id, 'process.json'), place(vpc, id, 'log')];
  const args = ['netns', 'exec', namespaceOf(vpc, id), 'haproxy', '-db', '-f', file];
  startDaemon(vpc, pid, log, 'ip', args);
  const listens = async (): Promise<boolean> =>
    (await attemptIn(namespaceOf(vpc, id), 'ss', ['-Hltn'])).stdout !== '';
  if (!(await poll(listens, { limit: 10_000 })))
    throw new Error(`balancer ${id} does not start: ${fs.readFileSync(log, 'utf8').slice(-500)}`);
}

export const stopBalancer = (vpc: string, id: string): Promise<void> =>
  stopDaemon(place(vpc, id, 'process.json'));
