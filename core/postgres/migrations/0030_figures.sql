-- Reason: figures over 100,000 questions read narrow rows alone. The small columns that are made of an answer stood apart
-- from the row like the answer itself (toast_tuple_target): reading the tokens of all took three quarters of the time. Rows
-- that are there already stay as they are until RETENTION_DAYS are over.

alter table question
  alter column places set storage main,
  alter column usage set storage main,
  alter column cited set storage main,
  alter column read_from set storage main;
