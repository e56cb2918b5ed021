import { LARGEST, MEDIUM, problemsOf, type Cell, type CellResult } from '../../bench/scale';

type Costs = { ackP99Ms?: number; atRest?: number; restCpuUs?: number; drain?: number };

/** A cell whose drain costs as much as it has members, unless told. */
function cell(size: Cell, costs: Costs = {}): CellResult {
  const members = size.gateways + size.targets;
  const { ackP99Ms = 50, atRest = 1, restCpuUs = 60, drain = members } = costs;
  return {
    ...size,
    drains: 100,
    ackMs: { p50: 10, p99: ackP99Ms },
    drainMs: { p50: 12, p99: 60 },
    rest: {
      clientCommandsPerMember: atRest,
      allCommandsPerMember: 6,
      redisCpuShare: 0.05,
      redisCpuUsPerMember: restCpuUs,
    },
    drain: { clientCommands: drain, redisCpuMs: drain / 10 },
    redisMemoryBytes: 1e6,
    agentHeapBytes: 1e5,
    workerCpuShare: [0.2, 0.2],
  };
}

describe('the goals of the registry', () => {
  it('are met where a member costs no more in the largest pool than in the medium one', () => {
    expect(problemsOf([cell(MEDIUM), cell(LARGEST)])).toEqual([]);
  });

  it.each<[string, CellResult, RegExp]>([
    ['acks above 100 ms', cell(LARGEST, { ackP99Ms: 101 }), /ack p99 is 101 ms at 200 × 1000/],
    ['a busy rest', cell(LARGEST, { atRest: 1.3 }), /1.3 commands\/s and member at rest/],
    ['dearer members', cell(LARGEST, { restCpuUs: 91 }), /^Redis CPU at rest: 1.52 times/],
    ['a drain by gateways × targets', cell(LARGEST, { drain: 200_000 }), /^commands of a drain/],
  ])('are missed by %s', (_name, largest, reason) => {
    const problems = problemsOf([cell(MEDIUM), largest]);
    expect(problems[0]).toMatch(reason);
  });

  it('cannot be judged without both cells', () => {
    expect(problemsOf([cell(MEDIUM)])).toHaveLength(1);
  });
});
