"""A person with a browser: Debian's Chromium, through its WebDriver."""

import tempfile

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

import lab

PATIENCE = 30


def allow(link):
    """Follows a link to the page of a device's code, logs in there and lets the program in."""
    with tempfile.TemporaryDirectory() as profile:
        browser = _start(profile)
        try:
            browser.get(link)
            _heading(browser, "Log in")
            browser.find_element(By.NAME, "email").send_keys(lab.EMAIL)
            password = browser.find_element(By.NAME, "password")
            password.send_keys(lab.PASSWORD)
            password.submit()
            _heading(browser, "Allow Jobbergate in a terminal?")
            browser.find_element(By.CSS_SELECTOR, "button[name=decision][value=allow]").click()
            _heading(browser, "Access allowed")
        finally:
            browser.quit()


def _start(profile):
    options = ChromeOptions()
    # Root can't have a sandbox, and only our own pages are opened.
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"):
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={profile}")
    options.binary_location = "/usr/bin/chromium"
    service = ChromeService("/usr/bin/chromedriver", env=lab.ENVIRONMENT | {"HOME": profile})
    browser = Chrome(options, service)
    browser.set_page_load_timeout(PATIENCE)
    return browser


def _heading(browser, text):
    def is_shown(browser):
        return any(it.text == text for it in browser.find_elements(By.TAG_NAME, "h1"))

    WebDriverWait(browser, PATIENCE, ignored_exceptions=()).until(is_shown, f"no page {text!r}: {browser.title!r}")
