/**
 * Begins a text of several statements that may change what is append-only, and sees no other trigger or foreign key. It
 * holds to the end of the text, or to {@link AS_USUAL}.
 */
export const REWRITING = 'set local session_replication_role = replica;';

export const AS_USUAL = 'set local session_replication_role = origin;';
