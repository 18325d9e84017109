import fc from 'fast-check';

/** Lists of commands that are long when they are made, and are shrunk to whatever still fails. */
export class LongEnough<Commands extends Iterable<unknown>> extends fc.Arbitrary<Commands> {
  readonly #inner: fc.Arbitrary<Commands>;
  readonly #least: number;

  constructor(inner: fc.Arbitrary<Commands>, least: number) {
    super();
    this.#inner = inner;
    this.#least = least;
  }

  generate(random: fc.Random, bias: number | undefined): fc.Value<Commands> {
    for (;;) {
      const made = this.#inner.generate(random, bias);
      if ([...made.value_].length >= this.#least) return made;
    }
  }

  canShrinkWithoutContext(value: unknown): value is Commands {
    return this.#inner.canShrinkWithoutContext(value);
  }

  shrink(value: Commands, context: unknown): fc.Stream<fc.Value<Commands>> {
    return this.#inner.shrink(value, context);
  }
}
