-- What a person has said about an unknown charge or a refund, while that is not done: the first word counts.
alter table dead_letters add column evidence jsonb;
