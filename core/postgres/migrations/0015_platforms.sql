-- Reason: which chat platforms there are is known where they are registered (bot/platforms.py), not in the database.

alter table question drop constraint question_platform_check;
