import * as fs from 'node:fs';
import { caller, handBack } from '../../../cli/hand-back';
import { inPlaces, ownPlaces } from '../../support/typed';

ownPlaces();

const STUDENT = { uid: 1234, gid: 1235 };
const ownerOf = (...inside: string[]): number => fs.lstatSync(inPlaces(...inside)).uid;

/** Writes a file, as root, in the places of the test. */
function written(...inside: string[]): void {
  fs.mkdirSync(inPlaces(...inside.slice(0, -1)), { recursive: true });
  fs.writeFileSync(inPlaces(...inside), '');
}

test('the caller is the user that sudo names, if the launcher started sudo', () => {
  const sudo = { SUDO_UID: '1234', SUDO_GID: '1235' };
  expect(caller({ ...sudo, HARDWAY_ELEVATED: '1' })).toEqual(STUDENT);
  expect(caller(sudo)).toBeUndefined();
  expect(caller({ HARDWAY_ELEVATED: '1' })).toBeUndefined();
});

describe('root that works for a user', () => {
  const asRoot = process.getuid?.() === 0 ? test : test.skip;

  asRoot('hands back all of the state, and the cache but for the Debian tree of the nodes', () => {
    written('state', 'backend', '.pulumi', 'stack.json');
    written('cache', 'logs', 'tree.log');
    written('cache', 'trees', 'bookworm', 'passwd');
    handBack(STUDENT, [inPlaces('state'), inPlaces('cache')]);
    expect(ownerOf('state')).toBe(1234);
    expect(ownerOf('state', 'backend', '.pulumi', 'stack.json')).toBe(1234);
    expect(ownerOf('cache', 'logs', 'tree.log')).toBe(1234);
    expect(ownerOf('cache', 'trees')).toBe(1234);
    expect(ownerOf('cache', 'trees', 'bookworm')).toBe(0);
    expect(ownerOf('cache', 'trees', 'bookworm', 'passwd')).toBe(0);
  });

  asRoot('follows no link out of the state, and leaves what another user owns', () => {
    written('elsewhere');
    written('state', 'other');
    fs.chownSync(inPlaces('state', 'other'), 4321, 4321);
    fs.symlinkSync(inPlaces('elsewhere'), inPlaces('state', 'link'));
    handBack(STUDENT, [inPlaces('state'), inPlaces('cache')]);
    expect(ownerOf('elsewhere')).toBe(0);
    expect(ownerOf('state', 'link')).toBe(1234);
    expect(ownerOf('state', 'other')).toBe(4321);
  });

  asRoot('keeps all its files if the user is not sudo’s', () => {
    written('state', 'passphrase');
    handBack(undefined, [inPlaces('state')]);
    expect(ownerOf('state', 'passphrase')).toBe(0);
  });
});
