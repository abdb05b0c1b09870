import { actsOf } from '../../../rehearsal/acts';
import { readOptions } from '../../../rehearsal/options';

const AWS = { profile: 'full', keep: false, only: [] };

describe('the command line of bin/rehearse', () => {
  test.each([
    ['aws', AWS],
    ['aws --profile small', { ...AWS, profile: 'small' }],
    ['aws --only up --only checks --keep', { ...AWS, only: ['up', 'checks'], keep: true }],
  ])('%s is accepted', (line, options) => {
    expect(readOptions(line.split(' '))).toEqual(options);
  });

  test.each([
    ['', /^bin\/rehearse aws\|gcp/, 2],
    ['aws gcp', /^bin\/rehearse aws\|gcp/, 2],
    ['aws --fast', /^Unknown option '--fast'[^]*\nbin\/rehearse aws\|gcp/, 2],
    ['aws --profile huge', /^--profile huge: full or small\n/, 2],
    ['aws --only dance', /^--only dance: not one of up, checks, /, 2],
    ['aws --profile small --only kill-up-CreateLoadBalancer', /not one of up, checks, /, 2],
    ['gcp', /plugin for Google Cloud can only be downloaded/, 3],
  ])('%s is refused with its reason', (line, message, code) => {
    const words = line.split(' ').filter((word) => word !== '');
    expect(() => readOptions(words)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test('--help lists every act with its title', () => {
    const help = readOptions(['--help']) as string;
    const lines = help.split('\n').map((line) => line.trim().split(/ {2,}/));
    const acts = actsOf('full').map(({ name, title }) => [name, title]);
    expect(lines.slice(-acts.length)).toEqual(acts);
  });
});
