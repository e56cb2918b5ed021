/** Owns the stage's beginning, for Jest. */
import { setUp, type Stage } from './stage';

export const kept = globalThis as typeof globalThis & { kubernetesStage?: Stage };

export default async function beforeAllSuites(): Promise<void> {
  kept.kubernetesStage = await setUp();
}
