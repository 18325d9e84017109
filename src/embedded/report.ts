/** Where progress goes, one line for a person at a time. */
export type Report = (line: string) => void;
