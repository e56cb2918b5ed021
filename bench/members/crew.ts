/** Owns the worker processes of bench:registry. Invariant: members are dealt out evenly, and all end with `stop()`. */
import { fork, type ChildProcess } from 'node:child_process';
import { DrainError } from '../../core/errors';
import { compiledEntry } from '../../harness/repository';
import type { Answer, Order, Report } from './worker';

export class Crew {
  private readonly workers: ChildProcess[];
  private orders = 0;
  private gateways: readonly number[] = [];
  private pods: readonly number[] = [];

  constructor(
    private readonly redisUrl: string,
    processes: number,
  ) {
    const entry = compiledEntry('bench/members/worker.ts');
    this.workers = Array.from({ length: processes }, () => fork(entry));
  }

  /** Resolves when there are just these members. Rejects with `WORKER_FAILED`. */
  async set(gateways: readonly number[], pods: readonly number[]): Promise<void> {
    this.gateways = gateways;
    this.pods = pods;
    await this.reports();
  }

  /** How each worker stands, since the last time it was asked. */
  reports(): Promise<Report[]> {
    const count = this.workers.length;
    const share = (numbers: readonly number[], worker: number): number[] =>
      numbers.filter((_n, i) => i % count === worker);
    return Promise.all(
      this.workers.map((worker, i) =>
        ask(worker, {
          id: ++this.orders,
          redisUrl: this.redisUrl,
          gateways: share(this.gateways, i),
          pods: share(this.pods, i),
        }),
      ),
    );
  }

  stop(): void {
    for (const worker of this.workers) worker.kill('SIGKILL');
  }
}

function ask(worker: ChildProcess, order: Order): Promise<Report> {
  return new Promise((resolve, reject) => {
    const settle = (answer: Answer | undefined, why: string): void => {
      if (answer !== undefined && answer.id !== order.id) return;
      worker.off('message', onMessage);
      worker.off('exit', onExit);
      if (answer !== undefined && 'report' in answer) resolve(answer.report);
      else reject(new DrainError('WORKER_FAILED', answer?.error ?? why));
    };
    const onMessage = (answer: Answer): void => settle(answer, '');
    const onExit = (code: number | null): void =>
      settle(undefined, `a worker ended with ${String(code)}`);
    worker.on('message', onMessage);
    worker.on('exit', onExit);
    worker.send(order);
  });
}
