import { loadBetween, readInfo } from '../../bench/redis-meter';

const info = (evalsha: number, hget: number, infos: number, cpu: number): string =>
  [
    '# Memory',
    'used_memory:1048576',
    '# CPU',
    `used_cpu_sys:${cpu / 2}`,
    `used_cpu_user:${cpu / 2}`,
    '# Commandstats',
    `cmdstat_evalsha:calls=${evalsha},usec=5,usec_per_call=5.00,rejected_calls=0,failed_calls=0`,
    `cmdstat_hget:calls=${hget},usec=5,usec_per_call=5.00`,
    `cmdstat_info:calls=${infos},usec=5,usec_per_call=5.00`,
    'cmdstat_client|setname:calls=7,usec=5,usec_per_call=5.00',
  ].join('\r\n');

describe('the load between two readings of INFO', () => {
  const before = readInfo(info(100, 300, 1, 1), 10_000);
  const after = readInfo(info(150, 500, 2, 1.5), 12_000);

  it('tells the clients’ commands from those inside scripts, and leaves the meter’s own out', () => {
    const { clientCommands, allCommands } = loadBetween(before, after);
    expect({ clientCommands, allCommands }).toEqual({ clientCommands: 50, allCommands: 250 });
  });

  it('gives time and CPU time', () => {
    const { seconds, cpuMs } = loadBetween(before, after);
    expect({ seconds, cpuMs, memory: after.memoryBytes }).toEqual({
      seconds: 2,
      cpuMs: 500,
      memory: 1048576,
    });
  });
});
