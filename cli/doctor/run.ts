/** Owns a run of `kong-drain doctor`: ask everyone at once, judge, tell. */
import type { CliContext } from '../context';
import { EXIT, type ExitCode } from '../exit-codes';
import { printed } from '../output/output';
import { painter } from '../output/paint';
import type { DoctorOptions } from './command';
import { diagnose } from './diagnose';
import { drawDiagnosis } from './draw';
import type { Evidence } from './evidence';
import { readAdmin } from './gather/admin';
import { readConfigFile } from './gather/config-file';
import { askInjector } from './gather/injector';
import { askKong } from './gather/kong';
import { watchRegistry } from './gather/registry';
import { askRuntime } from './gather/runtime';
import { askSidecar } from './gather/sidecar';

export async function runDoctor(options: DoctorOptions, context: CliContext): Promise<ExitCode> {
  const diagnosis = diagnose(await gather(options, context));
  const { output, failOn } = options;
  context.out(printed(output, diagnosis, () => drawDiagnosis(diagnosis, painter(context))));
  const isBad = diagnosis.problems.some(
    ({ severity }) => failOn === 'warning' || severity === 'error',
  );
  return isBad ? EXIT.found : EXIT.clean;
}

async function gather(options: DoctorOptions, { cwd, err }: CliContext): Promise<Evidence> {
  const { kong, kongAdmin, kongConfig, runtime, sidecar, injector, observe } = options;
  const [registry, kongs, admins, runtimes, sidecars, injectors] = await Promise.all([
    options.registry ? watchRegistry(options, observe, err) : undefined,
    Promise.all(kong.map(askKong)),
    Promise.all(kongAdmin.map(readAdmin)),
    Promise.all(runtime.map((url) => askRuntime(url, observe))),
    Promise.all(sidecar.map(askSidecar)),
    Promise.all(injector.map(askInjector)),
  ]);
  const files = kongConfig.map((file) => readConfigFile(file, cwd));
  return {
    redis: registry ? [registry.redis] : [],
    pools: registry?.pools ?? [],
    kongs,
    configs: [...files, ...admins],
    ...{ runtimes, sidecars, injectors },
  };
}
