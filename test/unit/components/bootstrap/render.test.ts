import { render } from '../../../../components/bootstrap/render';

test('replaces every occurrence of a placeholder', () => {
  expect(render('a', 'x=${ONE} y=${TWO} z=${ONE}', { ONE: 1, TWO: true })).toBe('x=1 y=true z=1');
});

test('keeps dollar signs of systemd and the shell', () => {
  const text = 'ExecStart=/bin/sh -c "echo $MAINPID ${lower} $1 $$"';
  expect(render('a', text, {})).toBe(text);
});

test('names the file and the placeholder that has no value', () => {
  expect(() => render('etcd/etcd.service', '${NODE_IP}', {})).toThrow(
    'etcd/etcd.service: no value for ${NODE_IP}',
  );
});

test('names the values that no placeholder uses', () => {
  expect(() => render('etcd/etcd.service', '${A}', { A: 1, B: 2, C: 3 })).toThrow(
    'etcd/etcd.service: no placeholder for B, C',
  );
});

test('ignores inherited properties, and placeholders inside values', () => {
  expect(() => render('a', '${TO_STRING}', {})).toThrow('no value');
  expect(render('a', '${A}', { A: '${B} $& $1' })).toBe('${B} $& $1');
});
