import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parse } from 'yaml';
import { Failure } from '../../../../cli/errors';
import { rejectDowngrade } from '../../../../cli/actions/reject-downgrade';
import { parseLab } from '../../../../cli/lab/name';
import { stackFile } from '../../../../cli/engine/project';
import {
  adoptConfig,
  labConfig,
  parseSettings,
  trySettings,
  writeSettings,
} from '../../../../cli/lab/settings';
import { parseConfig, type RawConfig } from '../../../../components/config';
import { topology } from '../../../../components/topology';

let state: string;

beforeEach(() => {
  state = fs.mkdtempSync(path.join(os.tmpdir(), 'hardway-cli-'));
  process.env.HARDWAY_STATE = state;
});

afterEach(() => {
  delete process.env.HARDWAY_STATE;
  fs.rmSync(state, { recursive: true });
});

describe('--set', () => {
  test('puts the project before a key that has no namespace', () => {
    expect([...parseSettings(['workers=4', 'hardway-lab:ipMasq=false', 'pulumi:tags=a'])]).toEqual([
      ['hardway-lab:workers', '4'],
      ['hardway-lab:ipMasq', 'false'],
      ['pulumi:tags', 'a'],
    ]);
  });

  test('keeps the text after the first =', () => {
    expect(parseSettings(['pulumi:tags=a=b']).get('pulumi:tags')).toBe('a=b');
  });

  test('removes a key of a provider that an earlier version accepted', () => {
    expect([...parseSettings(['aws:region='])]).toEqual([['aws:region', undefined]]);
  });

  test('reads lists with commas', () => {
    expect(
      labConfig(parseLab(), parseSettings(['adminCidrs=198.18.0.0/15, 198.51.100.7/32']))
        .adminCidrs,
    ).toEqual(['198.18.0.0/15', '198.51.100.7/32']);
  });

  test('resets a key to its default if no text follows the =', () => {
    const lab = parseLab();
    writeSettings(lab, parseSettings(['workers=5']));
    expect(labConfig(lab).workers).toBe(5);
    writeSettings(lab, parseSettings(['workers=']));
    expect(labConfig(lab).workers).toBe(3);
  });

  test('reports all mistakes of form at once', () => {
    const wrong = (): unknown =>
      parseSettings(['ipMasq=true', 'ipMasq=false', 'workers', 'cloud=aws']);
    expect(wrong).toThrow(/ipMasq is set twice, to true and to false/);
    expect(wrong).toThrow(/--set workers: not of the form KEY=VALUE/);
    expect(wrong).toThrow(/--set cloud=aws: a lab's cloud is in its name/);
  });

  test('refuses an invalid config with exit code 2 and every mistake, and writes nothing', () => {
    try {
      labConfig(parseLab(), parseSettings(['workers=12', 'controllers=2']));
      throw new Error('was accepted');
    } catch (error) {
      expect((error as Failure).exitCode).toBe(2);
      expect((error as Failure).message).toMatch(/workers[\s\S]*etcd|etcd[\s\S]*workers/);
    }
    expect(fs.existsSync(stackFile('local'))).toBe(false);
  });
});

describe("a lab's config file", () => {
  test('is in the state directory and readable for its owner only', () => {
    writeSettings(parseLab('s01'), new Map());
    expect(stackFile('local-s01').startsWith(`${state}/`)).toBe(true);
    expect(fs.statSync(stackFile('local-s01')).mode & 0o777).toBe(0o600);
  });

  test("names the cloud of the lab's name", () => {
    writeSettings(parseLab('aws-s01'), new Map());
    expect(parse(fs.readFileSync(stackFile('aws-s01'), 'utf8')).config['hardway-lab:cloud']).toBe(
      'aws',
    );
  });

  test('keeps the salt that the engine wrote, and is not touched when nothing changes', () => {
    const lab = parseLab();
    writeSettings(lab, parseSettings(['workers=2']));
    fs.appendFileSync(stackFile('local'), 'encryptionsalt: v1:salt\n');
    expect(writeSettings(lab, parseSettings(['workers=2']))).toBe(false);
    expect(writeSettings(lab, parseSettings(['workers=1']))).toBe(true);
    expect(parse(fs.readFileSync(stackFile('local'), 'utf8'))).toMatchObject({
      encryptionsalt: 'v1:salt',
      config: { 'hardway-lab:workers': '1' },
    });
  });
});

describe('a lab that is up', () => {
  const config = parseConfig({});
  const made = { stage: config.stage, topology: topology(config), config };
  const asked =
    (change: object): (() => void) =>
    () =>
      rejectDowngrade(parseLab('s01'), { ...config, ...change }, made);

  test('accepts an unchanged config and more workers', () => {
    expect(asked({})).not.toThrow();
    expect(asked({ workers: 5 })).not.toThrow();
  });

  test('accepts a later stage', () => {
    expect(() => rejectDowngrade(parseLab(), config, { ...made, stage: 'none' })).not.toThrow();
  });

  test('refuses a lower stage or number with every mistake and the cure', () => {
    const lower = asked({ controllers: 1, workers: 2, stage: 'network' });
    expect(lower).toThrow(
      /controllers: 1 requested, 3 in use[\s\S]*workers: 2 requested, 3 in use[\s\S]*stage: network requested, cluster in use/,
    );
    expect(lower).toThrow(
      expect.objectContaining({
        exitCode: 2,
        cure: './lab down local-s01, then run the same command again',
      }),
    );
  });
});

describe('a lab that is up can not be moved', () => {
  const refusal = (made: RawConfig, wanted: RawConfig): (() => void) => {
    const [before, after] = [parseConfig(made), parseConfig(wanted)];
    const outputs = { stage: before.stage, topology: topology(before), config: before };
    return () => rejectDowngrade(parseLab(before.cloud), after, outputs);
  };
  const gcp = { cloud: 'gcp', adminCidrs: 'auto', zone: 'us-west1-c' };
  const aws = { cloud: 'aws', adminCidrs: 'auto', region: 'us-west-2' };

  test('to a zone of another region on Google Cloud', () => {
    expect(refusal(gcp, { ...gcp, zone: 'europe-west4-a' })).toThrow(
      /region: europe-west4 requested, us-west1 in use: the network and addresses/,
    );
    expect(refusal(gcp, { ...gcp, zone: 'us-west1-b' })).not.toThrow();
  });

  test('to another region on AWS', () => {
    expect(refusal(aws, { ...aws, region: 'eu-central-1' })).toThrow(
      /region: eu-central-1 requested, us-west-2 in use/,
    );
    expect(refusal(aws, aws)).not.toThrow();
  });

  test('to another project', () => {
    const made = { ...gcp, project: 'project-one' };
    expect(refusal(made, { ...gcp, project: 'project-two' })).toThrow(
      /project: project-two requested, project-one in use/,
    );
  });

  test.each<[string, RawConfig, string, string]>([
    ['Google Cloud', gcp, 'c4a-standard-1', 'c4-standard-2'],
    ['AWS', aws, 't4g.small', 'g4dn.xlarge'],
  ])('to processors of another architecture on %s', (_, made, arm, x86) => {
    expect(refusal(made, { ...made, workerType: arm })).toThrow(
      new RegExp(`workerType: ${arm} requested, .* in use: nodes keep their image`),
    );
    expect(refusal({ ...made, workerType: arm }, made)).toThrow(/workerType/);
    expect(refusal(made, { ...made, workerType: x86 })).not.toThrow();
  });

  test('to another service network, once it has an API', () => {
    const other = { serviceCidr: '10.33.0.0/24' };
    expect(refusal({}, other)).toThrow(
      /serviceCidr: 10\.33\.0\.0\/24 requested, 10\.32\.0\.0\/24 in use/,
    );
    expect(refusal({ stage: 'none' }, other)).not.toThrow();
  });
});

describe('tried settings', () => {
  const lab = parseLab('aws-s01');
  const read = (): string => fs.readFileSync(stackFile(lab.stack), 'utf8');

  test('can be taken back, while the engine’s own lines stay', () => {
    writeSettings(lab, parseSettings(['workers=2']));
    fs.appendFileSync(stackFile(lab.stack), 'encryptionsalt: v1:salt\n');
    const before = read();
    const takeBack = trySettings(lab, parseSettings(['zone=us-west-2b']));
    expect(read()).toContain('zone: us-west-2b');
    expect(takeBack()).toBe(true);
    expect(read()).toBe(before);
  });

  test('have no undo if they change nothing', () => {
    writeSettings(lab, parseSettings(['workers=2']));
    const before = read();
    expect(trySettings(lab, parseSettings(['workers=2']))()).toBe(false);
    expect(read()).toBe(before);
  });
});

describe('a lab of another state directory', () => {
  test.each([
    [
      'aws-s01',
      {
        cloud: 'aws',
        adminCidrs: '203.0.113.7/32',
        workers: '2',
        region: 'eu-west-1',
        zone: 'eu-west-1b',
        profile: 'small',
        expires: '2d',
      },
    ],
    [
      'gcp-s01',
      {
        cloud: 'gcp',
        adminCidrs: '203.0.113.7/32,198.51.100.0/24',
        project: 'my-class',
        nodePortCidrs: '203.0.113.7/32',
      },
    ],
    ['local-s01', { cloud: 'local', controllers: '1', ipMasq: 'false', mtu: '1400' }],
  ])('%s keeps its original config', (name, raw) => {
    const [lab, config] = [parseLab(name), parseConfig(raw)];
    adoptConfig(lab, { config });
    expect(labConfig(lab)).toEqual(config);
    expect(labConfig(lab, parseSettings(['workers=4']))).toEqual({ ...config, workers: 4 });
  });

  test('keeps its config if it has one here, and gets none if it is not up', () => {
    const lab = parseLab('s01');
    adoptConfig(lab);
    expect(fs.existsSync(stackFile(lab.stack))).toBe(false);
    writeSettings(lab, parseSettings(['workers=5']));
    adoptConfig(lab, { config: parseConfig({ workers: '2' }) });
    expect(labConfig(lab).workers).toBe(5);
  });
});
