import { execFileSync } from 'node:child_process';
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import jsQR from 'jsqr';
import { parse } from 'yaml';
import { card, type CardArgs, sshLink } from '../../../../../cli/classroom/cards/card';
import { keyFiles } from '../../../../../cli/classroom/cards/keys';
import { picture } from '../../../../../cli/classroom/cards/picture';
import { qrCode } from '../../../../../cli/classroom/cards/qr';
import type { RawConfig } from '../../../../../components/config';
import { each } from '../../../../support/each';
import { labOutputs, SECRETS } from '../../../../support/outputs';

const JUMP = {
  host: 'lab.example.org',
  port: 22001,
  user: 'student',
  hostKey: 'ssh-ed25519 AAAAjump',
};
const args = (raw: RawConfig = {}, more: Partial<CardArgs> = {}): CardArgs => ({
  student: { id: 's01', name: 'Ada Lovelace' },
  outputs: labOutputs('local-s01', raw),
  ...more,
});

/** Maps each download link of a page to the content. */
const downloads = (page: string): Record<string, string> =>
  Object.fromEntries(
    [
      ...page.matchAll(/download="(\w+)" href="data:application\/octet-stream;base64,([^"]*)"/g),
    ].map(([, name, data]) => [name, Buffer.from(data, 'base64').toString()]),
  );
const withoutDownloads = (page: string): string => page.replace(/href="data:[^"]*"/g, '');
const text = (page: string): string =>
  withoutDownloads(page)
    .replace(/<style>.*?<\/style>|<[^>]*>/gs, '')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');

describe('hostile text on a card', () => {
  const HOSTILE = `</title></bdi><script>alert(1)</script><img src=x onerror="alert(2)">'"&\u0000\u001b]0;x\u0007`;

  test('is escaped everywhere', () => {
    const page = card(
      args(
        {},
        {
          student: { id: 's01', name: HOSTILE },
          expires: HOSTILE,
          jump: { ...JUMP, host: HOSTILE, user: HOSTILE },
        },
      ),
    );
    expect(page).not.toMatch(/<script|<img|\u0000|\u001b/);
    expect(page.replace(/="[^"]*"/g, '')).not.toMatch(/<[^>]*\son\w+=/);
    expect(page.match(/<\/title>/g)).toHaveLength(1);
    expect(text(page)).toContain("'");
  });

  test('can load nothing, because the policy allows only the one style by its digest', () => {
    const page = card(args());
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)!;
    const style = crypto
      .createHash('sha256')
      .update(/<style>(.*?)<\/style>/s.exec(page)![1])
      .digest('base64');
    expect(policy.replace(/&#39;/g, "'")).toBe(
      `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'`,
    );
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style>'));
    expect(page).not.toMatch(/\ssrc=|url\(|@import|<link|<iframe|style="/);
  });
});

describe('secrets', () => {
  const page = card(args({}, { jump: JUMP }));

  test('are only in the download links', () => {
    const secrets = [SECRETS.sshKey, SECRETS.clientKey].flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('base64'),
    ]);
    each(secrets, (secret) => expect(withoutDownloads(page)).not.toContain(secret));
    expect(downloads(page).ssh_key).toBe(args().outputs.sshPrivateKey);
  });

  test('include no kubeconfig for a lab without an API, and the page names none', () => {
    const bare = card(args({ stage: 'none' }));
    expect(Object.keys(downloads(bare))).toEqual(['ssh_key', 'known_hosts', 'ssh_config']);
    expect(text(bare)).not.toContain('kubectl get');
    expect(text(bare)).toContain('chmod 600 ssh_key\n'.trim());
  });
});

describe('the login on a card', () => {
  let directory: string;
  beforeEach(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cards-'));
  });
  afterEach(() => fs.rmSync(directory, { recursive: true }));
  /** Saves the card's files into one folder, and returns the options that ssh reads from them. */
  const read = (given: CardArgs, host: string): Record<string, string> => {
    for (const { name, content } of keyFiles(given.outputs, given.jump))
      fs.writeFileSync(path.join(directory, name), content, { mode: 0o600 });
    const lines = execFileSync('ssh', ['-G', '-F', 'ssh_config', host], {
      encoding: 'utf8',
      cwd: directory,
    })
      .trim()
      .split('\n');
    return Object.fromEntries(
      lines.map((line) => [line.split(' ')[0], line.split(' ').slice(1).join(' ')]),
    );
  };
  const knows = (host: string): boolean => {
    try {
      return (
        execFileSync('ssh-keygen', ['-F', host, '-f', path.join(directory, 'known_hosts')], {
          encoding: 'utf8',
        }) !== ''
      );
    } catch {
      return false;
    }
  };

  test('uses private addresses through a jump host, with pinned keys on both', () => {
    const given = args({}, { jump: JUMP });
    const node = read(given, 'worker-1');
    expect(node).toMatchObject({
      hostname: '10.240.0.21',
      proxyjump: 'jump',
      hostkeyalias: '198.18.0.21',
      user: 'ubuntu',
      identityfile: 'ssh_key',
      userknownhostsfile: 'known_hosts',
      stricthostkeychecking: 'true',
    });
    expect(read(given, 'jump')).toMatchObject({
      hostname: 'lab.example.org',
      port: '22001',
      user: 'student',
      identityfile: 'ssh_key',
    });
    expect(read(given, 'jump').proxyjump).toBeUndefined();
    expect([
      knows('[lab.example.org]:22001'),
      knows('198.18.0.21'),
      knows('lab.example.org'),
    ]).toEqual([true, true, false]);
  });

  test('reaches the API by a tunnel, at a port of the student’s own computer', () => {
    const page = card(args({}, { jump: JUMP }));
    expect(text(page)).toContain(
      'ssh -F ssh_config -N -L 16443:198.18.0.100:6443 -L 31088:worker-0:31088 jump',
    );
    const [cluster] = (
      parse(downloads(page).kubeconfig) as { clusters: { cluster: { server: string } }[] }
    ).clusters;
    expect(cluster.cluster.server).toBe('https://127.0.0.1:16443');
    expect(page).toContain('href="http://127.0.0.1:31088"');
  });

  test('goes through the gateway or directly on a cloud, without ./lab', () => {
    const given = { ...args(), outputs: labOutputs('aws-s01', { cloud: 'aws', profile: 'small' }) };
    expect(read(given, 'worker-1')).toMatchObject({
      hostname: '10.240.0.21',
      proxyjump: 'controller-0',
    });
    const page = card(given);
    expect(downloads(page).kubeconfig).toBe(given.outputs.kubeconfig);
    expect(text(page)).not.toMatch(/\.\/lab|share one machine|-L /);
    expect(sshLink(given)).toBe('ssh://ubuntu@203.0.113.10');
  });

  test('works only on the host itself for a local lab without a jump host', () => {
    const page = text(card(args()));
    expect(page).toContain('./lab ssh local-s01 worker-0');
    expect(page).toContain('only from the host that it runs on');
    expect(page).toContain('no security boundary');
    expect(page).not.toContain('your own computer');
  });
});

describe('the QR code', () => {
  /** Decodes the drawn squares as a QR reader does. */
  function decoded(svg: string, pixels = 4): string | undefined {
    const size = Number(/viewBox="0 0 (\d+)/.exec(svg)![1]) * pixels;
    const image = new Uint8ClampedArray(size * size * 4).fill(255);
    for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1/g)) {
      for (let row = Number(y) * pixels; row < (Number(y) + 1) * pixels; row++) {
        for (
          let column = Number(x) * pixels;
          column < (Number(x) + Number(width)) * pixels;
          column++
        )
          image.fill(0, (row * size + column) * 4, (row * size + column) * 4 + 3);
      }
    }
    return jsQR(image, size, size)?.data;
  }

  test.each([
    ['ssh://ubuntu@198.18.0.20', {}],
    ['ssh://student@lab.example.org:22001', { jump: JUMP }],
    ['ssh://student@[2001:db8::1]:22001', { jump: { ...JUMP, host: '2001:db8::1' } }],
    [
      `ssh://student@${'long-name.'.repeat(20)}example.org`,
      { jump: { ...JUMP, port: 22, host: `${'long-name.'.repeat(20)}example.org` } },
    ],
  ])('holds %s, and so does the link beside it', (link, more) => {
    const page = card(args({}, more));
    expect(decoded(/<svg class="code".*?<\/svg>/s.exec(page)![0])).toBe(link);
    expect(page).toContain(`<a href="${link}">`);
  });

  test('changes with its link', () =>
    expect(decoded(qrCode('ssh://ubuntu@198.18.0.21', '').toString())).toBe(
      'ssh://ubuntu@198.18.0.21',
    ));
});

describe.each<[string, RawConfig]>([
  ['3 and 3', {}],
  ['1 and 1', { controllers: '1', workers: '1' }],
  ['3 and 9', { workers: '9' }],
  ['small', { cloud: 'aws', profile: 'small' }],
  [
    'other networks',
    {
      workers: '9',
      nodeCidr: '192.168.100.0/24',
      podCidr: '192.168.128.0/17',
      serviceCidr: '172.16.200.0/24',
      apiPort: '16443',
    },
  ],
])('the picture of %s', (_, raw) => {
  const outputs = labOutputs('local-s01', raw);
  const svg = picture(outputs).toString();
  const drawn = [...svg.matchAll(/<text class="([^"]*)" x="([\d.]+)" y="([\d.]+)">([^<]*)</g)].map(
    ([, name, x, y, content]) => ({ name, x: Number(x), y: Number(y), content }),
  );

  test('has every address of the topology and every public one', () => {
    const { topology } = outputs;
    const all = [
      topology.gateway,
      topology.nodeCidr,
      topology.podCidr,
      topology.serviceCidr,
      topology.dnsIp,
      topology.apiServiceIp,
      ...topology.subnets.map(({ gateway }) => gateway),
      ...topology.nodes.flatMap(({ name, privateIp, podCidr }) => [
        name,
        privateIp,
        podCidr ?? name,
      ]),
      ...topology.routes.map(({ destination, nextHopIp }) => `${destination} via ${nextHopIp}`),
      ...outputs.nodes.flatMap(({ publicIp }) => publicIp || []),
      new URL(outputs.apiServer).host,
    ];
    const words = drawn.flatMap(({ content }) => [content, ...content.split(' ')]);
    expect(all.filter((address) => !words.includes(address))).toEqual([]);
  });

  test('keeps every text inside, and no texts overlap', () => {
    expect(drawn.length).toBeGreaterThan(0);
    const [, , width, height] = /viewBox="([-\d.]+) 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
    const spans = drawn
      .filter(({ name }) => !name.includes('middle'))
      .map(({ name, x, y, content }) => {
        const wide = content.length * 6.4;
        return {
          y,
          content,
          from: name.includes('end') ? x - wide : x,
          to: name.includes('end') ? x : x + wide,
        };
      });
    expect(spans.filter(({ from, to, y }) => from < 0 || to > width || y > height)).toEqual([]);
    const clashes = spans.flatMap((one, index) =>
      spans
        .slice(index + 1)
        .filter(
          (other) => Math.abs(one.y - other.y) < 9 && one.from < other.to && other.from < one.to,
        )
        .map((other) => [one.content, other.content]),
    );
    expect(clashes).toEqual([]);
  });
});

test('a card names the expiry in UTC, or says that the lab has none', () => {
  expect(text(card(args({}, { expires: '2026-12-01T18:00Z' })))).toContain(
    'Ends Tuesday 1 December 2026, 18:00 UTC',
  );
  expect(text(card(args()))).toContain('Stays until your instructor removes it');
});
