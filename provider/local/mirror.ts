import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../components/root';
import type { Failure, ResourceKind } from '../resource';
import { attemptIn } from './command';
import { readDaemon, startService, stopDaemon } from './daemon';
import { brokenPart } from './network';
import { labDirectory, routerOf } from './places';
import { deleteRule, readRule, writeRule } from './rules';

export interface ImageMirrorInputs {
  lab: string;
  /** Generation of the network that it is in. */
  network: string;
  /** The router's private address. */
  address: string;
  port: number;
  /** Directory of the images that the lab has. */
  images: string;
}

const RULE = 'image-mirror';
const place = (lab: string, file: string): string => path.join(labDirectory(lab), 'mirror', file);

const listens = async (inputs: ImageMirrorInputs): Promise<boolean> =>
  (await attemptIn(routerOf(inputs.lab), 'ss', ['-Hltn', `src ${inputs.address}:${inputs.port}`])).stdout !== '';

/** The registry that the nodes pull from, in the VPC: they have no way out. */
export const imageMirrorKind: ResourceKind<ImageMirrorInputs, ImageMirrorInputs> = {
  async check(news) {
    const failures: Failure[] = [];
    if (news.images && !fs.existsSync(news.images)) failures.push({ property: 'images', reason: `${news.images} is not there: run ./lab start, which makes it` });
    return { inputs: news, failures };
  },
  async create(inputs) {
    await writeRule(inputs.lab, 'router', RULE, `iifname "vpc" ip daddr ${inputs.address} tcp dport ${inputs.port}`);
    await startService({
      lab: inputs.lab,
      name: 'the image mirror',
      file: place(inputs.lab, 'process.json'),
      log: place(inputs.lab, 'log'),
      program: 'ip',
      args: ['netns', 'exec', routerOf(inputs.lab), process.execPath, path.join(root, 'bin/run.cjs'), 'toolchain/images/mirror.ts',
        '--listen', `${inputs.address}:${inputs.port}`, '--images', inputs.images],
      listens: () => listens(inputs),
    });
    return { id: `${inputs.lab}/image-mirror`, state: inputs };
  },
  async read(_id, state) {
    const alive = readDaemon(place(state.lab, 'process.json')) && (await brokenPart(state.lab)) === '' && (await listens(state));
    return alive && (await readRule(state.lab, 'router', RULE)) ? state : undefined;
  },
  async update(_id, _olds, news) {
    return (await imageMirrorKind.create(news)).state;
  },
  async delete(_id, state) {
    await stopDaemon(place(state.lab, 'process.json'));
    await deleteRule(state.lab, 'router', RULE);
    fs.rmSync(place(state.lab, ''), { recursive: true, force: true });
  },
};
