"""The screens of the console: one module and one template each.

To add a screen:

1. Write `bot/console/screens/NAME.py`:

       async def show(request: ConsoleRequest) -> web.StreamResponse:
           rows = await request.console.footnote.history.list_questions(...)
           return request.render("NAME.html", rows=rows)

       SCREEN = Screen("Title", "/NAME", [get("/NAME", show), post("/NAME/{id}/act", act)])

   `request.viewer` says who looks: pass it to what reads rows, and show text only where `viewer.may_read` allows it.
   `request.actor` is the same person for `bot.commands`. `request.query("name")`, `request.page_number`,
   `request.link(page=2)`; in a POST `request.form`, whose token was checked, and `request.redirect("/NAME")`.
2. Write `bot/console/templates/NAME.html`: it extends `base.html`, fills the block `content`, and imports what it needs
   from `macros.html` (tables, badges, filters, pages, forms with their token) and `charts.html`. All is escaped.
   No `|safe`, no inline script or style, no `hx-on`, no `js:`: a test looks. It must work without scripts.
3. Put `NAME.SCREEN` into `registry.py`, where its order is that of the navigation.
4. Test it in `tests/bot/console/test_NAME.py` with `serve_console` and `open_browser` of `tests.bot.console.served`.

SQL belongs to a room of `core`; a screen only reads from ports, and draws.
"""
