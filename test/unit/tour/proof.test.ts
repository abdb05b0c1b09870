import { chapters } from '../../../tour/chapters';
import { parseFacts, nodeOf, valuesOf } from '../../../tour/facts';
import { addRan, evidenceOf, finish, noProgress } from '../../../tour/progress';
import { isFlow, parseFlowEvent, proves } from '../../../tour/proof';
import { isRight } from '../../../tour/questions';
import type { FlowEffect } from '../../../tour/step';
import { labOutputs } from '../../support/outputs';
import { CLUSTER } from './cluster';

const outputs = labOutputs('local', { controllers: '1', workers: '2' });
const facts = parseFacts(JSON.stringify(CLUSTER));
const values = valuesOf(facts, outputs);
const steps = chapters.flatMap((chapter) => chapter.steps);
const stepOf = (id: string) => steps.find((step) => step.id === id)!;

describe('a command that was run', () => {
  const [command] = stepOf('nat.masq.source').commands;
  const place = nodeOf(command.on, facts, outputs);
  const line =
    'icmp 1 29 src=10.200.0.3 dst=10.200.1.3 type=8 code=0 id=7 src=10.200.1.3 dst=10.240.0.20 type=0 code=0 id=7';
  const typed = 'sudo conntrack -L | grep 10.200.1.3';
  const judge = (ran: Partial<Parameters<typeof proves>[0]>): boolean =>
    proves({ place: 'worker-0', typed, output: line, ...ran }, { command, place, values });

  test('proves its row if its output shows the effect', () => {
    expect(judge({})).toBe(true);
    expect(judge({ typed: '  sudo   conntrack -L -p icmp' })).toBe(true);
  });

  test('proves nothing on another node, with other output, or if only its text was printed', () => {
    expect(judge({ place: 'worker-1' })).toBe(false);
    expect(judge({ output: '' })).toBe(false);
    expect(judge({ output: line.replace('dst=10.240.0.20', 'dst=10.200.0.3') })).toBe(false);
    expect(judge({ typed: `echo '${typed}'` })).toBe(false);
  });

  test('proves nothing as long as the lab lacks a value that the output must have', () => {
    const empty = valuesOf({}, outputs);
    const output = 'src={first.ip} dst={second.ip} dst=10.240.0.20';
    expect(proves({ place: 'worker-0', typed, output }, { command, place, values: empty })).toBe(
      false,
    );
  });
});

describe('a tracked connection', () => {
  const effectOf = (id: string): FlowEffect => stepOf(id).effect as FlowEffect;
  const judge = (id: string, line: string): boolean =>
    isFlow(parseFlowEvent(line)!, {
      effect: effectOf(id),
      values,
      nodeCidr: outputs.topology.nodeCidr,
    });
  const masqueraded =
    '    [NEW] icmp     1 30 src=10.200.0.3 dst=10.200.1.3 type=8 code=0 id=7 [UNREPLIED] src=10.200.1.3 dst=10.240.0.20 type=0 code=0 id=7';
  const outside =
    '    [NEW] tcp      6 120 SYN_SENT src=198.18.0.1 dst=10.240.0.20 sport=40920 dport=31088 [UNREPLIED] src=10.200.1.2 dst=10.240.0.20 sport=80 dport=14802';

  test('proves the row that it is an example of', () => {
    expect(judge('nat.masq.source', masqueraded)).toBe(true);
    expect(judge('nodeport.reach', outside)).toBe(true);
  });

  test('proves no other row', () => {
    expect(judge('nat.masq.dest', masqueraded)).toBe(false);
    expect(judge('nat.masq.source', masqueraded.replace('10.240.0.20', '10.200.0.3'))).toBe(false);
    expect(judge('nodeport.reach', outside.replace('198.18.0.1', '10.240.0.10'))).toBe(false);
    expect(judge('nodeport.reach', outside.replace('31088', '31089'))).toBe(false);
  });
});

describe('progress', () => {
  const ran = addRan(
    addRan(noProgress(), 'pod.veth', { index: 1, shown: '$ second' }),
    'pod.veth',
    { index: 0, shown: '$ first' },
  );

  test('keeps what commands have shown in the order of the page', () => {
    expect(evidenceOf(ran, 'pod.veth')).toBe('$ first\n\n$ second');
  });

  test('keeps the evidence when a step is done', () => {
    const done = finish(ran, 'pod.veth', { at: 'now', evidence: evidenceOf(ran, 'pod.veth') });
    expect(done.ran).toEqual({});
    expect(evidenceOf(done, 'pod.veth')).toBe('$ first\n\n$ second');
  });
});

test('an answer is right if it is the lab’s, in any letter case and with spaces around it', () => {
  expect(isRight(' kube-sep-abc ', ['KUBE-SEP-ABC'])).toBe(true);
  expect(isRight('KUBE-SEP-AB', ['KUBE-SEP-ABC'])).toBe(false);
  expect(isRight('', [])).toBe(false);
});
