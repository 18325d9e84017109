/** Something that orders need in Temporal and that this process may be able to create. */
export interface TemporalNeed {
  /** What Temporal lacks now, by name. */
  missing(): Promise<string[]>;
  /** Creates what is missing. Other processes may be doing the same. */
  create(): Promise<void>;
}
