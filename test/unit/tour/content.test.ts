import * as fs from 'node:fs';
import * as path from 'node:path';
import { allChecks, checks } from '../../../checks';
import { chapters } from '../../../tour/chapters';
import { fill, parseFacts, valuesOf } from '../../../tour/facts';
import { noProgress } from '../../../tour/progress';
import { present, skipOf } from '../../../tour/server/present';
import { root } from '../../../util/repo-root';
import { labOutputs } from '../../support/outputs';
import { CLUSTER } from './cluster';

const steps = chapters.flatMap((chapter) => chapter.steps);
const outputs = labOutputs('local', { controllers: '1', workers: '2' });
const facts = parseFacts(JSON.stringify(CLUSTER));

test('every row of the article is one step of the tour', () => {
  const rows = checks.map(({ id }) => id);
  expect(rows).toHaveLength(24);
  expect(
    steps
      .map(({ id }) => id)
      .filter((id) => rows.includes(id))
      .sort(),
  ).toEqual([...rows].sort());
  const others = steps.filter(({ id }) => !allChecks.some((check) => check.id === id));
  expect(others.map(({ id }) => id)).toEqual([
    ...['setup.nginx', 'setup.service', 'setup.busybox'],
    'tidy.masquerade',
  ]);
});

test('every step has an effect or a command that proves it', () => {
  const without = steps.filter(({ commands, effect }) => commands.length === 0 && !effect);
  expect(without.map(({ id }) => id)).toEqual([]);
  const unproven = steps.flatMap(({ commands }) =>
    commands.filter((one) => one.shows.length === 0),
  );
  expect(unproven).toEqual([]);
});

test('every command as it is shown is one that counts as typed', () => {
  const wrong = steps.flatMap(({ commands }) =>
    commands.filter(({ type, like }) => !like.test(type.replace(/^sudo /, ''))),
  );
  expect(wrong.map(({ type }) => type)).toEqual([]);
});

test('every chapter but the first is a page of the tutorial', () => {
  const [, ...others] = chapters;
  const missing = others.filter(
    ({ page }) => !fs.existsSync(path.join(root, `docs/tutorial/${page}.md`)),
  );
  expect(others.length).toBe(6);
  expect(missing).toEqual([]);
});

test('on a lab with all objects, no text and no command has an unknown value', () => {
  const scene = { outputs, facts, progress: noProgress(), drills: [], routes: '', hasWalks: true };
  const text = JSON.stringify(present(scene));
  expect(text).toContain('kubectl exec -it busybox0-aaaaa -- ping -c 2 10.200.1.3');
  expect(text).toContain('laptop worker-0:31088');
  expect(text.match(/\{[a-z]+\.[a-z]+\}/g)).toBeNull();
});

test('values that a lab does not have yet stay visible as gaps', () => {
  expect(fill('ping {second.ip}', valuesOf({}, outputs))).toBe('ping {second.ip}');
});

test('rows that a small lab or another proxy mode has not are explained and not counted', () => {
  const one = labOutputs('local', { controllers: '1', workers: '1' });
  const nft = labOutputs('local', { proxyMode: 'nftables' });
  const none = labOutputs('local', { stage: 'none' });
  const row = (id: string) => steps.find((step) => step.id === id)!;
  expect(skipOf(row('nat.ping'), one)).toBe('the check needs 2 workers, and the lab has 1');
  expect(skipOf(row('svc.chains'), nft)).toContain("kube-proxy's mode is nftables");
  expect(skipOf(row('nodes.ping'), none)).toBe('');
  expect(skipOf(row('nodes.list'), none)).toContain('which has no Kubernetes');
  const scene = { facts, progress: noProgress(), drills: [], routes: '', hasWalks: true };
  expect(present({ ...scene, outputs: one }).total).toBeLessThan(24);
  expect(present({ ...scene, outputs }).total).toBe(24);
});
