//! Filler text.

use crate::error::{Error, Result};
use crate::markup::escape_text;
use crate::run::Run;
use crate::value::{Args, Str, Value};

const WORDS: &str = "a ac accumsan ad adipiscing aenean aliquam aliquet amet ante aptent arcu at \
    auctor augue bibendum blandit class commodo condimentum congue consectetuer consequat conubia \
    convallis cras cubilia cum curabitur curae cursus dapibus diam dictum dictumst dignissim dis \
    dolor donec dui duis egestas eget eleifend elementum elit enim erat eros est et etiam eu \
    euismod facilisi facilisis fames faucibus felis fermentum feugiat fringilla fusce gravida \
    habitant habitasse hac hendrerit hymenaeos iaculis id imperdiet in inceptos integer interdum \
    ipsum justo lacinia lacus laoreet lectus leo libero ligula litora lobortis lorem luctus \
    maecenas magna magnis malesuada massa mattis mauris metus mi molestie mollis montes morbi mus \
    nam nascetur natoque nec neque netus nibh nisi nisl non nonummy nostra nulla nullam nunc odio \
    orci ornare parturient pede pellentesque penatibus per pharetra phasellus placerat platea \
    porta porttitor posuere potenti praesent pretium primis proin pulvinar purus quam quis quisque \
    rhoncus ridiculus risus rutrum sagittis sapien scelerisque sed sem semper senectus sit \
    sociis sociosqu sodales sollicitudin suscipit suspendisse taciti tellus tempor tempus \
    tincidunt torquent tortor tristique turpis ullamcorper ultrices ultricies urna ut varius vehicula \
    vel velit venenatis vestibulum vitae vivamus viverra volutpat vulputate";

/// `lipsum(n=5, html=true, min=20, max=100)`: paragraphs of random words.
pub(super) fn lipsum(run: &mut Run, _: &Value, args: Args) -> Result<Value> {
    let count = args.size(0, 5)?;
    let html = args.flag(1, true);
    let (min, max) = (args.size(2, 20)?, args.size(3, 100)?);
    if min >= max && count > 0 {
        return Err(Error::value_error("lipsum needs 'min' below 'max'"));
    }
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut paragraphs = Vec::new();
    let mut size = 0;
    for _ in 0..count {
        let paragraph = paragraph(run, &words, min, max)?;
        size += paragraph.len() + 8;
        run.meter.string(size)?;
        paragraphs.push(paragraph);
    }
    if !html {
        return Ok(Value::text(paragraphs.join("\n\n")));
    }
    let paragraphs: Vec<String> =
        paragraphs.iter().map(|text| format!("<p>{}</p>", escape_text(text))).collect();
    Ok(Value::Str(Str::markup(paragraphs.join("\n"))))
}

fn paragraph(run: &mut Run, words: &[&str], min: usize, max: usize) -> Result<String> {
    let count = run.random.usize(min..max);
    let mut text = String::new();
    let mut next_comma = 3;
    let mut next_stop = 8;
    let mut capital = true;
    for index in 0..count {
        run.meter.tick(1)?;
        let word = words.get(run.random.usize(..words.len())).copied().unwrap_or("lorem");
        if !text.is_empty() {
            text.push(' ');
        }
        let (first, rest) = word.split_at(1);
        text.push_str(&if capital { first.to_uppercase() } else { first.to_owned() });
        text.push_str(rest);
        capital = false;
        if index == next_stop {
            text.push('.');
            capital = true;
            next_stop = index + run.random.usize(10..20);
            next_comma = index + run.random.usize(3..8);
        } else if index == next_comma {
            text.push(',');
            next_comma = index + run.random.usize(3..8);
        }
        if text.len() > run.meter.limits.string {
            run.meter.string(text.len())?;
        }
    }
    if text.ends_with(',') {
        text.pop();
    }
    if !text.ends_with('.') {
        text.push('.');
    }
    Ok(text)
}
