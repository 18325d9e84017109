export interface NamedTest {
  project: string;
  /** Without its `.test.ts`. */
  file: string;
  /** As jest's `-t` takes it. */
  name?: string;
}

export interface Mutant {
  name: string;
  path: string;
  title: string;
  tests: NamedTest[];
}

export function readMutants(): Promise<Mutant[]>;
export function headerOf(file: string, text: string): Pick<Mutant, 'title' | 'tests'>;
