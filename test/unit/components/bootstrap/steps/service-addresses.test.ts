import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { source } from '../../../../../components/bootstrap/step';

const ADDRESSES = 'default/nginx 203.0.113.101\nshop/web 203.0.113.102\n';

let directory: string;

/** Runs the script with a kubectl that prints `watched` and ends. Returns the patches it was asked for. */
function patchesFor(watched: string): string[] {
  const file = (name: string): string => path.join(directory, name);
  fs.writeFileSync(file('addresses'), ADDRESSES);
  fs.writeFileSync(file('watched'), watched);
  fs.writeFileSync(file('patches'), '');
  const kubectl = [
    '#!/bin/sh',
    `case $1 in get) cat ${file('watched')} ;; *) echo "$@" >> ${file('patches')} ;; esac`,
  ];
  fs.writeFileSync(file('kubectl'), `${kubectl.join('\n')}\n`, { mode: 0o755 });
  const script = source('rbac/service-addresses.sh')!;
  expect(script).toContain('/etc/hardway/service-addresses');
  const here = script.replace('/etc/hardway/service-addresses', file('addresses'));
  const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
  execFileSync('bash', ['-c', here], { env });
  return fs.readFileSync(file('patches'), 'utf8').split('\n').filter(Boolean);
}

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'service-addresses-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

describe('the script that reports addresses', () => {
  test('sets the address of a named service', () =>
    expect(patchesFor('default/nginx|LoadBalancer||\n')).toEqual([
      '--namespace=default patch service nginx --subresource=status --type=merge --patch={"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.101"}]}}}',
    ]));

  test('replaces a wrong address, and removes one that no balancer has', () => {
    const watched = 'shop/web|LoadBalancer||192.0.2.1\nshop/other|LoadBalancer||192.0.2.2\n';
    const patches = patchesFor(watched);
    expect(patches).toHaveLength(2);
    expect(patches[0]).toMatch(/ patch service web .*"ingress":\[\{"ip":"203\.0\.113\.102"\}\]/);
    expect(patches[1]).toMatch(/ patch service other .*"ingress":null/);
  });

  test.each([
    ['has its address', 'default/nginx|LoadBalancer||203.0.113.101'],
    ['is of another type', 'default/nginx|ClusterIP||'],
    ['belongs to another controller', 'default/nginx|LoadBalancer|example.com/mine|'],
    ['is not named, and has no address', 'shop/other|LoadBalancer||'],
  ])('leaves a service alone that %s', (_, line) => expect(patchesFor(`${line}\n`)).toEqual([]));
});
